import { type PriceTicks, priceTicks } from "../domain/units.js";
import type { Row, Statement } from "./database.js";

/** Finds the price of each asset's last trade. */
export function findLastPrices(assets: readonly string[]): Statement {
  return {
    name: "find_last_prices",
    text: `select a.asset, t.price_ticks from unnest($1::text[]) as a(asset) cross join lateral
      (select price_ticks from trades where asset = a.asset order by trade_id desc limit 1) t`,
    values: [assets],
  };
}

/** The last prices by asset; only assets that have traded. */
export function lastPricesOf(rows: readonly Row[]): ReadonlyMap<string, PriceTicks> {
  return new Map(rows.map((row) => [row["asset"] as string, priceTicks(row["price_ticks"] as number)]));
}
