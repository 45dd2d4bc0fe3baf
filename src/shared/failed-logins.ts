import { type Refusal, refuse } from "./rejects.js";
import { TokenBucket } from "./token-bucket.js";

/** Wrong logins a minute. A right one costs nothing once it was found right. */
export interface FailedLoginLimits {
  readonly perAddress: number;
  readonly perKey: number;
}

const REMEMBERED_MAX = 100_000;
const TOO_MANY = refuse("LOGIN_REJECTED", "too many logins were refused; wait a minute, then try again");
const TOO_MANY_STRANGERS = refuse("BUSY", "too many logins were refused to others; try again in a minute");

/**
 * Who may try to log in, by address and by key id. An attempt is paid for before it is checked, so that many at the
 * same time are not cheaper. Times are monotonic.
 */
export class FailedLogins {
  readonly #limits: FailedLoginLimits;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweptMs = 0;

  constructor(limits: FailedLoginLimits) {
    this.#limits = limits;
  }

  /** Null: it may be checked. */
  attempt(address: string, keyId: string, nowMs: number): Refusal | null {
    this.#sweep(nowMs);
    if (this.#buckets.size >= REMEMBERED_MAX) return TOO_MANY_STRANGERS;
    const { perAddress, perKey } = this.#limits;
    if (!this.#bucket(`address ${address}`, perAddress, nowMs).take(nowMs)) return TOO_MANY;
    return this.#bucket(`key ${keyId}`, perKey, nowMs).take(nowMs) ? null : TOO_MANY;
  }

  /** It was right, or it could not be told. */
  excuse(address: string, keyId: string): void {
    this.#buckets.get(`address ${address}`)?.giveBack();
    this.#buckets.get(`key ${keyId}`)?.giveBack();
  }

  #bucket(whose: string, perMinute: number, nowMs: number): TokenBucket {
    let bucket = this.#buckets.get(whose);
    if (bucket === undefined) {
      bucket = new TokenBucket({ perSecond: perMinute / 60, burst: perMinute }, nowMs);
      this.#buckets.set(whose, bucket);
    }
    return bucket;
  }

  /** Forgets those who have not failed for a while. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < 1_000) return;
    this.#sweptMs = nowMs;
    for (const [whose, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(whose);
  }
}
