import { columns } from "../shared/database/columns.js";
import type { Database } from "../shared/database/database.js";
import type { AssetRegistry } from "../shared/domain/assets.js";

/** Writes the configured currencies and assets into Postgres, where reconciliation, operators and people read them. */
export async function storeAssets(database: Database, { assets, currencies }: AssetRegistry): Promise<void> {
  await database.query(
    `insert into currencies (currency, decimals, kind) select * from unnest($1::text[], $2::integer[], $3::text[])
     on conflict do nothing`,
    columns(
      [...currencies.values()],
      (currency) => currency.currency,
      (currency) => currency.decimals,
      (currency) => currency.kind,
    ),
  );
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
