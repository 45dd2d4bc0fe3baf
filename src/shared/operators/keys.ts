import { randomBytes } from "node:crypto";
import { KEY_ROLES } from "../access/authentication.js";
import { isKeyId, KEY_ID_RULE } from "../access/key-id.js";
import type { KeySeal } from "../access/key-seal.js";
import { newSecret, saltedHash } from "../access/key-secrets.js";
import { isPostgresError } from "../database/postgres-errors.js";
import type { Account } from "./accounts.js";
import type { Act, By } from "./acts.js";
import { RefusedToOperator } from "./refused.js";

export interface KeyWish {
  readonly account: Account;
  readonly role: string;
  /** Undefined: the account's name, and a random end. */
  readonly keyId: string | undefined;
  /** Null: never. */
  readonly expiresAt: Date | null;
  /** Of a key that signs with its private half; null: it gets a secret. */
  readonly publicKey: Buffer | null;
  /** Seals the secret, so that it signs, too; null: it does not. */
  readonly keySeal: KeySeal | null;
}

export interface MadeKey {
  readonly keyId: string;
  /** It is kept nowhere; null: it has none. */
  readonly secret: string | null;
  readonly signs: "hmac" | "ed25519" | null;
}

/** A new key, and the act that makes it. Throws RefusedToOperator. */
export function createKey(wish: KeyWish, { actor, why }: By): { readonly key: MadeKey; readonly act: Act } {
  const { account, role, expiresAt, publicKey, keySeal } = wish;
  const keyId = wish.keyId ?? `${account.account}-${randomBytes(4).toString("hex")}`;
  if (!KEY_ROLES.some((known) => known === role)) {
    const text = `the role is ${role}; it must be one of ${KEY_ROLES.join(", ")}`;
    throw new RefusedToOperator(text, "it is wrong");
  }
  if (!isKeyId(keyId)) throw new RefusedToOperator(`a key's id must be ${KEY_ID_RULE}`, "it is wrong");
  if (account.status === "closed") throw new RefusedToOperator(`${account.account} is closed; it gets no more keys`);
  const secret = newSecret();
  const { salt, hash } = saltedHash(secret);
  const sealed = publicKey === null ? (keySeal?.seal(keyId, secret) ?? null) : null;
  const act: Act = {
    text: `with made as (
         insert into api_keys (key_id, account_id, salt, secret_hash, role, expires_at)
         values ($1, $2, decode($3, 'hex'), decode($4, 'hex'), $5, $6) returning key_id, account_id),
       signer as (
         insert into api_key_signers (key_id, kind, sealed_secret, public_key)
         select key_id, case when $9::text is null then 'ed25519' else 'hmac' end, decode($9, 'hex'), decode($10, 'hex')
         from made where coalesce($9, $10::text) is not null)
       select record_action('create_key', account_id, null, null, key_id, null, $7, $8) as "actionId" from made`,
    values: [
      keyId,
      account.accountId,
      salt.toString("hex"),
      hash.toString("hex"),
      role,
      expiresAt?.toISOString() ?? null,
      actor,
      why,
      sealed?.toString("hex") ?? null,
      publicKey?.toString("hex") ?? null,
    ],
    explain: (error) =>
      isPostgresError(error, "uniqueViolation")
        ? new RefusedToOperator(`there is a key ${keyId} already; choose another name, or none`)
        : error,
  };
  const signs = publicKey !== null ? "ed25519" : sealed === null ? null : "hmac";
  return { act, key: { keyId, secret: publicKey === null ? secret : null, signs } };
}

export function revokeKey(keyId: string, { actor, why }: By): Act {
  return {
    text: `select revoke_key($1, $2, $3) as "actionId"`,
    values: [keyId, actor, why],
    async explain(error, database) {
      if (!isPostgresError(error, "noSuchKey")) return error;
      const [known] = await database.query("select 1 from api_keys where key_id = $1", [keyId]);
      return known === undefined
        ? new RefusedToOperator(`there is no key ${keyId}; an account shows its keys`, "there is none")
        : new RefusedToOperator(`${keyId} is revoked already; an account shows its keys`);
    },
  };
}
