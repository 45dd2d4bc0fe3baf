import type { Database } from "../shared/database.js";
import { type PriceTicks, priceTicks } from "../shared/units.js";

/** What each of the assets last traded at; those that have not traded are not there. */
export async function lastPrices(
  database: Database,
  assets: readonly string[],
): Promise<ReadonlyMap<string, PriceTicks>> {
  const rows = await database.query<{ asset: string; price_ticks: number }>(
    `select a.asset, t.price_ticks from unnest($1::text[]) as a(asset) cross join lateral
       (select price_ticks from trades where asset = a.asset order by trade_id desc limit 1) t`,
    [assets],
  );
  return new Map(rows.map(({ asset, price_ticks }) => [asset, priceTicks(price_ticks)]));
}
