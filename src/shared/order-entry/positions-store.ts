import type { Database } from "../database/database.js";
import { type LogId, logId } from "../domain/units.js";

/** The last log id that order-processing has processed, by asset. */
export async function processedThrough(database: Database): Promise<ReadonlyMap<string, LogId>> {
  const rows = await database.query<{ asset: string; sequence: number }>(
    "select asset, sequence from consumer_positions where service = 'order-processing'",
  );
  return new Map(rows.map(({ asset, sequence }) => [asset, logId(sequence)]));
}
