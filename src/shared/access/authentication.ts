/** Authenticates API keys: whose a key is, and what it may do (tables accounts and api_keys). */
import type { Queries } from "../database/database.js";
import type { AccountId } from "../domain/units.js";
import { KeyLookups } from "./key-lookups.js";
import { isSecretOf, type SaltedHash } from "./key-secrets.js";

/** A read key may only see its own account; an operator key names the actor of the operators' commands. */
export const KEY_ROLES = ["trade", "read", "operator"] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export interface AuthenticatedAccount {
  readonly accountId: AccountId;
  readonly account: string;
  /** True for closed accounts, too. */
  readonly suspended: boolean;
  readonly keyId: string;
  readonly role: KeyRole;
  /** How long the key is still good, by Postgres' clock; null: until it is revoked. */
  readonly expiresInMs: number | null;
}

export interface FoundKey extends AuthenticatedAccount {
  readonly isRevoked: boolean;
}

type StoredKey = FoundKey & SaltedHash;

/**
 * `proof` is the secret, or what it has signed. Null for an unknown, revoked or expired key, and for a wrong proof alike.
 * Rejects if Postgres does not answer.
 */
export type Authenticate<Proof = string> = (keyId: string, proof: Proof) => Promise<AuthenticatedAccount | null>;

/** The columns of a key, of api_keys `k` and accounts `a`. */
export const KEY_COLUMNS = `k.key_id as "keyId", k.account_id as "accountId", a.name as account, a.suspended, k.role,
  k.revoked_at is not null as "isRevoked", floor(extract(epoch from k.expires_at - now()) * 1000)::float8 as "expiresInMs"`;

export function authenticator(database: Queries): Authenticate {
  const lookups = new KeyLookups((keyIds) => readKeys(database, keyIds));
  return async (keyId, secret) => {
    const key = await lookups.find(keyId);
    const isRight = isSecretOf(secret, key);
    return key === null || !isRight || !isGood(key) ? null : accountOf(key);
  };
}

/** Reads those of these keys that exist and are a customer's or an operator's, not the exchange's own accounts'. */
function readKeys(database: Queries, keyIds: readonly string[]): Promise<StoredKey[]> {
  return database.query<StoredKey>(
    `select ${KEY_COLUMNS}, k.salt, k.secret_hash as hash
     from api_keys k join accounts a using (account_id) where k.key_id = any($1) and a.kind = 'customer'`,
    [keyIds],
  );
}

export function isGood({ isRevoked, expiresInMs }: FoundKey): boolean {
  return !isRevoked && (expiresInMs === null || expiresInMs > 0);
}

export function accountOf({ accountId, account, suspended, keyId, role, expiresInMs }: FoundKey): AuthenticatedAccount {
  return { accountId, account, suspended, keyId, role, expiresInMs };
}
