import { join } from "node:path";
import { migrate } from "postgres-migrations";
import { refuseDemoKeys, revokeDemoKeys } from "../shared/access/demo-keys.js";
import type { KeySeal } from "../shared/access/key-seal.js";
import { connectDatabase, type Database } from "../shared/database/database.js";
import { serversOf } from "../shared/database/server-choice.js";
import { type Asset, type Currency, loadAssets } from "../shared/domain/assets.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import type { Logger } from "../shared/process/log.js";
import { projectRoot } from "../shared/process/project-root.js";
import { storeAssets } from "./asset-store.js";
import { BOT_ACCOUNTS, DEMO_ACCOUNTS, seedDemoAccounts } from "./demo-accounts.js";
import { type PlayMoney, setPlayMoney } from "./play-money.js";

/** Demo accounts are made outside production; in production their good keys are refused, or revoked if an operator says so. */
export type DemoAccounts = "made" | "refused" | "revoked";

export interface MigrationOptions {
  readonly assetsFile: string;
  readonly demoAccounts: DemoAccounts;
  /** Outside production the bots have accounts, too. */
  readonly withBots?: boolean;
  /** Where it is not said, there is none. */
  readonly playMoney?: PlayMoney;
  /** Seals the secrets of demo keys; null: in production, which makes none. */
  readonly keySeal: KeySeal | null;
  readonly createDatabase: boolean;
  readonly log: Logger;
}

/** Brings the database to the state that the services expect. Safe to repeat, and to run twice at the same time. */
export async function prepareDatabase(databaseUrl: string, options: MigrationOptions): Promise<void> {
  const { createDatabase, log } = options;
  await applyMigrations(await writableServer(databaseUrl, log), createDatabase);
  const database = await connectDatabase(databaseUrl, { applicationName: "migrate", log });
  try {
    const registry = loadAssets(options.assetsFile);
    await assertSizesUnchanged(database, registry.assets);
    await assertDecimalsUnchanged(database, registry.currencies);
    await assertNamesApart(database, registry.assets);
    await storeAssets(database, registry);
    await setPlayMoney(database, options.playMoney ?? { faucet: false, simulated: false });
    const accounts = [...DEMO_ACCOUNTS, ...(options.withBots === true ? BOT_ACCOUNTS : [])];
    if (options.demoAccounts === "made") await seedDemoAccounts(database, accounts, options.keySeal ?? undefined);
    else {
      if (options.demoAccounts === "revoked") await revokeDemoKeys(database, "launcher");
      await refuseDemoKeys(database);
    }
  } finally {
    await database.close();
  }
}

/** The server to migrate, of those that the URL names. */
async function writableServer(databaseUrl: string, log: Logger): Promise<string> {
  const [only = databaseUrl, ...others] = serversOf(databaseUrl);
  if (others.length === 0) return only;
  const database = await connectDatabase(databaseUrl, { applicationName: "migrate", log });
  await database.close();
  return database.server;
}

export async function applyMigrations(databaseUrl: string, createDatabase: boolean): Promise<void> {
  const url = new URL(databaseUrl);
  const connection = {
    host: url.hostname,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: url.pathname.slice(1),
    connectionString: databaseUrl, // pg prefers it to the fields above; it may say more (sslmode, for example)
  };
  await migrate({ ...connection, ensureDatabaseExists: createDatabase }, join(projectRoot, "sql"));
}

/** Refuses other decimals for a known currency: balances are stored in its smallest unit. */
async function assertDecimalsUnchanged(database: Database, currencies: ReadonlyMap<string, Currency>): Promise<void> {
  for (const { currency, decimals } of await database.query<{ currency: string; decimals: number }>(
    "select currency, decimals from currencies",
  )) {
    const known = currencies.get(currency);
    if (known === undefined || known.decimals === decimals) continue;
    throw new ConfigurationError(
      `currency ${currency}: the database was made with ${decimals} decimals, the assets file says ${known.decimals}`,
    );
  }
}

/** Refuses another tick or lot size for an asset with orders: stored commands count in them. */
async function assertSizesUnchanged(database: Database, assets: ReadonlyMap<string, Asset>): Promise<void> {
  for (const { asset, tickSize, lotSize } of assets.values()) {
    const [changed] = await database.query<{ tick_size: string; lot_size: string }>(
      `select tick_size, lot_size from assets
       where asset = $1 and (tick_size, lot_size) is distinct from ($2::numeric, $3::numeric)`,
      [asset, tickSize, lotSize],
    );
    if (changed === undefined) continue;
    throw new ConfigurationError(
      `asset ${asset}: the database was made with tick ${changed.tick_size} and lot ${changed.lot_size}, ` +
        `the assets file says ${tickSize} and ${lotSize}; give an asset of another size another name`,
    );
  }
}

/** Refuses an asset that a created one is the same as, to clients that write both currencies as one word: BTCUSD. */
async function assertNamesApart(database: Database, assets: ReadonlyMap<string, Asset>): Promise<void> {
  const created = await database.query<{ asset: string; symbol: string }>(
    "select asset, replace(asset, '-', '') as symbol from created_assets",
  );
  for (const { asset, base, quote } of assets.values()) {
    const other = created.find((one) => one.symbol === base + quote && one.asset !== asset);
    if (other !== undefined)
      throw new ConfigurationError(
        `asset ${asset}: an operator created ${other.asset}, which is ${other.symbol}, too, to Binance's clients; give it another name`,
      );
  }
}
