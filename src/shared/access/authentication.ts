/** Whose an API key is, and what it may do (the tables accounts and api_keys). */
import type { Database } from "../database/database.js";
import type { AccountId } from "../domain/units.js";
import { isSecretOf } from "./key-secrets.js";

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

interface KeyRow {
  readonly account_id: AccountId;
  readonly name: string;
  readonly suspended: boolean;
  readonly role: KeyRole;
  readonly expires_in_ms: number | null;
  readonly is_revoked: boolean;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Null for an unknown, revoked or expired key and for a wrong secret alike. Rejects when Postgres can't answer. */
export async function authenticate(
  database: Database,
  keyId: string,
  secret: string,
): Promise<AuthenticatedAccount | null> {
  const [key] = await database.query<KeyRow>(
    `select k.account_id, a.name, a.suspended, k.role, k.revoked_at is not null as is_revoked,
       k.salt, k.secret_hash as hash, floor(extract(epoch from k.expires_at - now()) * 1000)::float8 as expires_in_ms
     from api_keys k join accounts a using (account_id) where k.key_id = $1 and a.kind = 'customer'`,
    [keyId],
  );
  const isRight = isSecretOf(secret, key);
  if (key === undefined || !isRight || key.is_revoked) return null;
  if (key.expires_in_ms !== null && key.expires_in_ms <= 0) return null;
  const { account_id: accountId, name: account, suspended, role, expires_in_ms: expiresInMs } = key;
  return { accountId, account, suspended, keyId, role, expiresInMs };
}
