import type { Database } from "../shared/database/database.js";
import { findLastPrices, lastPricesOf } from "../shared/database/last-prices.js";
import type { PriceTicks } from "../shared/domain/units.js";

/** The price of each asset's last trade; only assets that have traded. */
export async function lastPrices(
  database: Database,
  assets: readonly string[],
): Promise<ReadonlyMap<string, PriceTicks>> {
  const { text, values } = findLastPrices(assets);
  return lastPricesOf(await database.query(text, values));
}
