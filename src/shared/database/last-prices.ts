import { type PriceTicks, priceTicks } from "../domain/units.js";
import type { Row, Statement } from "./database.js";

/** Finds the price of each asset's last trade, by its last candle: that stays when its trades are let go of. */
export function findLastPrices(assets: readonly string[]): Statement {
  return {
    name: "find_last_prices",
    text: `select a.asset, c.close_ticks as price_ticks from unnest($1::text[]) as a(asset) cross join lateral
      (select close_ticks from candles where asset = a.asset order by open_at_ms desc limit 1) c`,
    values: [assets],
  };
}

/** The last prices by asset; only assets that have traded. */
export function lastPricesOf(rows: readonly Row[]): ReadonlyMap<string, PriceTicks> {
  return new Map(rows.map((row) => [row["asset"] as string, priceTicks(row["price_ticks"] as number)]));
}
