/** Accounts to try the exchange with, outside production: their secrets are known to everybody. */
import { DEVELOPMENT_SEAL, type KeySeal } from "../shared/access/key-seal.js";
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
export async function seedDemoAccounts(
  database: Database,
  names: readonly string[] = DEMO_ACCOUNTS,
  seal: KeySeal = DEVELOPMENT_SEAL,
): Promise<void> {
  for (const name of names) await createApiKey(database, name, name, name, seal);
  await database.query(
    `select book_transfer('deposit', a.account_id, c.currency, $2::bigint * case c.kind when 'crypto' then 1 else 1000 end
         * (10 ^ c.decimals)::bigint, 'demo/' || a.name || '/' || c.currency, 'demo')
     from accounts a cross join currencies c where a.name = any($1)`,
    [names, DEMO_COINS],
  );
}

/** Creates the account and its key, which signs, too, unless they exist. */
export async function createApiKey(
  database: Database,
  account: string,
  keyId: string,
  secret: string,
  seal: KeySeal = DEVELOPMENT_SEAL,
): Promise<void> {
  const { salt, hash } = saltedHash(secret);
  await database.query("insert into accounts (name) values ($1) on conflict (name) do nothing", [account]);
  await database.query(
    `insert into api_keys (key_id, account_id, salt, secret_hash)
     select $2, account_id, $3, $4 from accounts where name = $1 on conflict (key_id) do nothing`,
    [account, keyId, salt, hash],
  );
  // Only where the key has this secret, too: else a key that somebody gave another one could be used with this one. It is
  // sealed anew, since it may have been under another KEY_ENCRYPTION_KEY.
  await database.query(
    `insert into api_key_signers (key_id, kind, sealed_secret)
     select key_id, 'hmac', $2 from api_keys where key_id = $1 and secret_hash = sha256(salt || convert_to($3, 'UTF8'))
     on conflict (key_id) do update set sealed_secret = excluded.sealed_secret where api_key_signers.kind = 'hmac'`,
    [keyId, seal.seal(keyId, secret), secret],
  );
}
