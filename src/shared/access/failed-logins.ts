import { type Refusal, refuse } from "../domain/rejects.js";
import { TokenBucket } from "../process/token-bucket.js";

/** Wrong logins a minute. A right one costs nothing once it was found right. */
export interface FailedLoginLimits {
  readonly perAddress: number;
  readonly perKey: number;
}

/** Past that the oldest is forgotten: an attack from everywhere must not keep everybody out. */
const REMEMBERED_MAX = 100_000;
const TOO_MANY = refuse("LOGIN_REJECTED", "too many logins were refused; wait a minute, then try again");

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
    const { perAddress, perKey } = this.#limits;
    if (!this.#bucket(networkOf(address), perAddress, nowMs).take(nowMs)) return TOO_MANY;
    return this.#bucket(`key ${keyId}`, perKey, nowMs).take(nowMs) ? null : TOO_MANY;
  }

  /** It was right, or it could not be told. */
  excuse(address: string, keyId: string): void {
    this.#buckets.get(networkOf(address))?.giveBack();
    this.#buckets.get(`key ${keyId}`)?.giveBack();
  }

  #bucket(whose: string, perMinute: number, nowMs: number): TokenBucket {
    let bucket = this.#buckets.get(whose);
    if (bucket === undefined) {
      bucket = new TokenBucket({ perSecond: perMinute / 60, burst: perMinute }, nowMs);
      this.#buckets.set(whose, bucket);
      const [oldest] = this.#buckets.keys();
      if (this.#buckets.size > REMEMBERED_MAX && oldest !== undefined) this.#buckets.delete(oldest);
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

/** Whoever has an IPv6 address has the 2^64 beside it, too. */
function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return `address ${address}`;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - after.length }, () => "0");
  return `address ${[...groups, ...zeros, ...after].slice(0, 4).join(":")}`;
}
