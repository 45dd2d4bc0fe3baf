/** API keys: only a salted hash of the secret is kept. Secrets are long and random, so a fast hash is enough. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Database } from "../database/database.js";
import type { AccountId } from "../domain/units.js";

/** A read key may only look at its own account; an operator key also names who acts in the command line. */
export const KEY_ROLES = ["trade", "read", "operator"] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface AuthenticatedAccount {
  readonly accountId: AccountId;
  readonly account: string;
  readonly suspended: boolean;
  readonly keyId: string;
  readonly role: KeyRole;
  /** How long the key is good from now on, by Postgres' clock; null: until it is revoked. */
  readonly expiresInMs: number | null;
}

/** Null: unknown, revoked or expired key, or wrong secret. Rejects when it can't be told now. */
export type Authenticate = (keyId: string, secret: string) => Promise<AuthenticatedAccount | null>;

const SALT_BYTES = 16;
/** An unknown key costs the same work as a wrong secret. */
const NO_SALT = Buffer.alloc(SALT_BYTES);
const NO_HASH = Buffer.alloc(32);

/** Null for an unknown, revoked or expired key and for a wrong secret alike. Rejects when Postgres can't answer. */
export async function authenticate(
  database: Database,
  keyId: string,
  secret: string,
): Promise<AuthenticatedAccount | null> {
  const [key] = await database.query<{
    account_id: AccountId;
    name: string;
    suspended: boolean;
    role: KeyRole;
    expires_in_ms: number | null;
    is_revoked: boolean;
    salt: Buffer;
    secret_hash: Buffer;
  }>(
    `select k.account_id, a.name, a.suspended, k.role, k.revoked_at is not null as is_revoked, k.salt, k.secret_hash,
       floor(extract(epoch from k.expires_at - now()) * 1000)::float8 as expires_in_ms
     from api_keys k join accounts a using (account_id) where k.key_id = $1 and a.kind = 'customer'`,
    [keyId],
  );
  const isRight = timingSafeEqual(hashSecret(secret, key?.salt ?? NO_SALT), key?.secret_hash ?? NO_HASH);
  if (key === undefined || !isRight || key.is_revoked) return null;
  if (key.expires_in_ms !== null && key.expires_in_ms <= 0) return null;
  const { account_id: accountId, name: account, suspended, role, expires_in_ms: expiresInMs } = key;
  return { accountId, account, suspended, keyId, role, expiresInMs };
}

/** Creates the account, or the key for it, where it does not exist yet. */
export async function createApiKey(database: Database, account: string, keyId: string, secret: string): Promise<void> {
  const { salt, hash } = saltedHash(secret);
  await database.query("insert into accounts (name) values ($1) on conflict (name) do nothing", [account]);
  await database.query(
    `insert into api_keys (key_id, account_id, salt, secret_hash)
     select $2, account_id, $3, $4 from accounts where name = $1 on conflict (key_id) do nothing`,
    [account, keyId, salt, hash],
  );
}

/** As random as the hash is long. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

export function saltedHash(secret: string): { readonly salt: Buffer; readonly hash: Buffer } {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: hashSecret(secret, salt) };
}

export const DEMO_ACCOUNTS = ["random1", "random2", "random32"] as const;

/**
 * Each demo account has a key of its own name whose secret is the same word, and enough of everything for a load test.
 * Never called in production.
 */
export async function seedDemoAccounts(database: Database, names: readonly string[] = DEMO_ACCOUNTS): Promise<void> {
  for (const name of names) await createApiKey(database, name, name, name);
  await database.query(
    `select book_transfer('deposit', a.account_id, c.currency, $2::bigint * case c.kind when 'crypto' then 1 else 1000 end
         * (10 ^ c.decimals)::bigint, 'demo/' || a.name || '/' || c.currency, 'demo')
     from accounts a cross join currencies c where a.name = any($1)`,
    [names, DEMO_COINS],
  );
}

/** Of every crypto currency; of all others a thousand times as much. */
const DEMO_COINS = 1_000_000;

function hashSecret(secret: string, salt: Buffer): Buffer {
  return createHash("sha256").update(salt).update(secret, "utf8").digest();
}
