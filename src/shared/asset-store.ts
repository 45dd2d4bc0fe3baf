import type { AssetRegistry } from "./assets.js";
import { columns, type Database } from "./database.js";

/** Writes the known assets into the table that reports and people read. */
export async function storeAssets(database: Database, { assets }: AssetRegistry): Promise<void> {
  const values = columns(
    [...assets.values()],
    (asset) => asset.asset,
    (asset) => asset.base,
    (asset) => asset.quote,
    (asset) => asset.tickSize,
    (asset) => asset.lotSize,
  );
  await database.query(
    `insert into assets (asset, base, quote, tick_size, lot_size)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::numeric[], $5::numeric[])
     on conflict (asset) do update set tick_size = excluded.tick_size, lot_size = excluded.lot_size`,
    values,
  );
}
