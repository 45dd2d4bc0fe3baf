import { type PriceTicks, priceTicks } from "../domain/units.js";
import type { Row, Statement } from "./database.js";

/** What each of the assets last traded at. */
export function findLastPrices(assets: readonly string[]): Statement {
  return {
    name: "find_last_prices",
    text: `select a.asset, t.price_ticks from unnest($1::text[]) as a(asset) cross join lateral
      (select price_ticks from trades where asset = a.asset order by trade_id desc limit 1) t`,
    values: [assets],
  };
}

/** By asset; those that have not traded are not there. */
export function lastPricesOf(rows: readonly Row[]): ReadonlyMap<string, PriceTicks> {
  return new Map(rows.map((row) => [row["asset"] as string, priceTicks(row["price_ticks"] as number)]));
}
