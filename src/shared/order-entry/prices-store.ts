import type { Database } from "../database/database.js";
import { findLastPrices, lastPricesOf } from "../database/last-prices.js";
import type { PriceTicks } from "../domain/units.js";

/** The price of each asset's last trade; only assets that have traded. */
export async function lastPrices(
  database: Database,
  assets: readonly string[],
): Promise<ReadonlyMap<string, PriceTicks>> {
  const { text, values } = findLastPrices(assets);
  return lastPricesOf(await database.query(text, values));
}
