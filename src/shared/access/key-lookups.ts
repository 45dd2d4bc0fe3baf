import { isKeyId } from "./key-id.js";

export type ReadKeys<Key> = (keyIds: readonly string[]) => Promise<readonly Key[]>;

/** Keys in one query at most; further ones wait for the next. */
const BATCH_MAX = 256;

interface Waiting<Key> {
  readonly found: (key: Key | null) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Reads the keys of many logins together: one query at a time, for all logins that wait by then, and each key once. So a flood
 * of logins costs no more queries than a trickle, and no login waits behind a stranger's thousand attempts.
 */
export class KeyLookups<Key extends { readonly keyId: string }> {
  readonly #read: ReadKeys<Key>;
  /** Waiting logins by key id. */
  #waiting = new Map<string, Waiting<Key>[]>();
  #isReading = false;

  constructor(read: ReadKeys<Key>) {
    this.#read = read;
  }

  /** Null: there is no such key. Rejects if Postgres does not answer. */
  find(keyId: string): Promise<Key | null> {
    if (!isKeyId(keyId)) return Promise.resolve(null);
    return new Promise((found, failed) => {
      const others = this.#waiting.get(keyId);
      if (others === undefined) this.#waiting.set(keyId, [{ found, failed }]);
      else others.push({ found, failed });
      void this.#readAll();
    });
  }

  async #readAll(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#waiting.size > 0) {
      const batch = new Map([...this.#waiting].slice(0, BATCH_MAX));
      for (const keyId of batch.keys()) this.#waiting.delete(keyId);
      await this.#readBatch(batch);
    }
    this.#isReading = false;
  }

  async #readBatch(batch: ReadonlyMap<string, readonly Waiting<Key>[]>): Promise<void> {
    try {
      const keys = new Map((await this.#read([...batch.keys()])).map((key) => [key.keyId, key]));
      for (const [keyId, waiting] of batch) for (const { found } of waiting) found(keys.get(keyId) ?? null);
    } catch (error) {
      for (const waiting of batch.values()) for (const { failed } of waiting) failed(error);
    }
  }
}
