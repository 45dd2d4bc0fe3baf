/** Accounts to try the exchange with, outside production: their secrets are known to everybody. */
import { saltedHash } from "../shared/access/key-secrets.js";
import type { Database } from "../shared/database/database.js";

export const DEMO_ACCOUNTS = ["random1", "random2", "random32"] as const;

/** Those that the bots trade with (src/bots), which have as much. */
export const BOT_ACCOUNTS = [
  "bot-market-maker",
  "bot-aggressive",
  "bot-random-1",
  "bot-random-2",
  "bot-random-3",
  "bot-mean-reversion",
] as const;

/** Each account's amount of every crypto currency; of other currencies it has a thousand times as much. */
const DEMO_COINS = 1_000_000;

/** Gives each account a key of its own name, whose secret is the same word, and enough money for a load test. */
export async function seedDemoAccounts(database: Database, names: readonly string[] = DEMO_ACCOUNTS): Promise<void> {
  for (const name of names) await createApiKey(database, name, name, name);
  await database.query(
    `select book_transfer('deposit', a.account_id, c.currency, $2::bigint * case c.kind when 'crypto' then 1 else 1000 end
         * (10 ^ c.decimals)::bigint, 'demo/' || a.name || '/' || c.currency, 'demo')
     from accounts a cross join currencies c where a.name = any($1)`,
    [names, DEMO_COINS],
  );
}

/** Creates the account and its key, unless they exist. */
export async function createApiKey(database: Database, account: string, keyId: string, secret: string): Promise<void> {
  const { salt, hash } = saltedHash(secret);
  await database.query("insert into accounts (name) values ($1) on conflict (name) do nothing", [account]);
  await database.query(
    `insert into api_keys (key_id, account_id, salt, secret_hash)
     select $2, account_id, $3, $4 from accounts where name = $1 on conflict (key_id) do nothing`,
    [account, keyId, salt, hash],
  );
}
