/** Keys with what checks their signatures (tables accounts, api_keys and api_key_signers). */
import type { Queries } from "../database/database.js";
import type { Logger } from "../process/log.js";
import type { Access } from "./access-feed.js";
import {
  type Authenticate,
  type AuthenticatedAccount,
  accountOf,
  type FoundKey,
  isGood,
  KEY_COLUMNS,
} from "./authentication.js";
import { KeyLookups } from "./key-lookups.js";
import type { KeySeal } from "./key-seal.js";
import { ed25519Signer, isSignedBy, type Signer } from "./signers.js";

/** What a client has signed, and its signature. */
export interface Signed {
  readonly payload: string;
  readonly signature: string;
}

interface StoredSigner extends FoundKey {
  readonly sealedSecret: Buffer | null;
  readonly publicKey: Buffer | null;
}

interface KeptKey {
  readonly account: AuthenticatedAccount;
  readonly signer: Signer;
  /** When it is good no more, on the monotonic clock; null: it does not expire. */
  readonly expiresAtMs: number | null;
}

/** Keys that are kept at most; past that the one that was read first is read again when it is needed. */
const KEPT_MAX = 10_000;

/**
 * Keys by their id, each read once: a signature comes with every request. A key that was revoked, or whose account was
 * suspended, is known by the operators' actions (`Access`) half a second later; keys that are not there are not remembered.
 */
export class SigningKeys {
  readonly #lookups: KeyLookups<StoredSigner>;
  readonly #seal: KeySeal;
  readonly #access: Access;
  readonly #log: Logger;
  readonly #kept = new Map<string, KeptKey>();

  constructor(database: Queries, seal: KeySeal, access: Access, log: Logger) {
    this.#lookups = new KeyLookups((keyIds) => readSigners(database, keyIds));
    this.#seal = seal;
    this.#access = access;
    this.#log = log;
  }

  /** Whether there is such a key that is good and signs. Rejects if Postgres does not answer. */
  async has(keyId: string): Promise<boolean> {
    return (await this.#find(keyId)) !== null;
  }

  readonly authenticate: Authenticate<Signed> = async (keyId, { payload, signature }) => {
    const key = await this.#find(keyId);
    if (key === null || !isSignedBy(key.signer, payload, signature)) return null;
    return { ...key.account, suspended: this.#access.isSuspended(key.account.accountId) };
  };

  async #find(keyId: string): Promise<KeptKey | null> {
    const key = this.#kept.get(keyId) ?? (await this.#read(keyId));
    if (key === null) return null;
    const isOver = key.expiresAtMs !== null && performance.now() >= key.expiresAtMs;
    if (!isOver && !this.#access.isRevoked(keyId)) return key;
    this.#kept.delete(keyId);
    return null;
  }

  async #read(keyId: string): Promise<KeptKey | null> {
    const stored = await this.#lookups.find(keyId);
    if (stored === null || !isGood(stored)) return null;
    const signer = this.#signerOf(stored);
    if (signer === null) return null;
    const { expiresInMs } = stored;
    const key = {
      account: accountOf(stored),
      signer,
      expiresAtMs: expiresInMs === null ? null : performance.now() + expiresInMs,
    };
    this.#kept.set(keyId, key);
    const [first] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && first !== undefined) this.#kept.delete(first);
    return key;
  }

  #signerOf({ keyId, sealedSecret, publicKey }: StoredSigner): Signer | null {
    if (publicKey !== null) return ed25519Signer(publicKey);
    const secret = sealedSecret === null ? null : this.#seal.open(keyId, sealedSecret);
    if (secret !== null) return { kind: "hmac", secret };
    this.#log.warn({ keyId }, "the key's secret can't be opened: it was sealed under another KEY_ENCRYPTION_KEY");
    return null;
  }
}

function readSigners(database: Queries, keyIds: readonly string[]): Promise<StoredSigner[]> {
  return database.query<StoredSigner & Record<string, unknown>>(
    `select ${KEY_COLUMNS}, s.sealed_secret as "sealedSecret", s.public_key as "publicKey"
     from api_key_signers s join api_keys k using (key_id) join accounts a using (account_id)
     where s.key_id = any($1) and a.kind = 'customer'`,
    [keyIds],
  );
}
