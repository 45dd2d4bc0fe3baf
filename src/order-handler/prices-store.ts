import type { Database } from "../shared/database/database.js";
import { findLastPrices, lastPricesOf } from "../shared/database/last-prices.js";
import type { PriceTicks } from "../shared/domain/units.js";

/** What each of the assets last traded at; those that have not traded are not there. */
export async function lastPrices(
  database: Database,
  assets: readonly string[],
): Promise<ReadonlyMap<string, PriceTicks>> {
  const { text, values } = findLastPrices(assets);
  return lastPricesOf(await database.query(text, values));
}
