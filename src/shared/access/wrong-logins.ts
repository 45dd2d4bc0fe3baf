import { TokenBucket } from "../process/token-bucket.js";

/** Limits of the wrong logins a minute that are answered at once. Right logins are never counted. */
export interface WrongLoginLimits {
  /** From one address with any keys. */
  readonly perAddress: number;
  /** From one address with one key id. */
  readonly perKey: number;
}

/** Entries remembered at most; past that the oldest is forgotten, so that an attack from everywhere can't take all memory. */
const REMEMBERED_MAX = 100_000;
const SWEEP_INTERVAL_MS = 1_000;

/**
 * Counts wrong logins by address, and by key id and address; never by the key id alone, or strangers could slow down its
 * owner. Times are monotonic.
 */
export class WrongLogins {
  readonly #limits: WrongLoginLimits;
  readonly #buckets = new Map<string, TokenBucket>();
  #sweptMs = 0;

  constructor(limits: WrongLoginLimits) {
    this.#limits = limits;
  }

  /** Counts one more. True: there were too many, and its answer must be delayed. */
  isOneTooMany(address: string, keyId: string, nowMs: number): boolean {
    this.#sweep(nowMs);
    const { perAddress, perKey } = this.#limits;
    const network = networkOf(address);
    const isWithinKeys = this.#bucket(`${network} ${keyId}`, perKey, nowMs).take(nowMs);
    const isWithinAddresses = this.#bucket(network, perAddress, nowMs).take(nowMs);
    return !(isWithinKeys && isWithinAddresses);
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

  /** Forgets entries without a wrong login for a while. */
  #sweep(nowMs: number): void {
    if (nowMs - this.#sweptMs < SWEEP_INTERVAL_MS) return;
    this.#sweptMs = nowMs;
    for (const [whose, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(whose);
  }
}

/** The network of an address: for IPv6 its first 64 bits, since whoever has an address has the others of its network, too. */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) return address;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - groups.length - after.length }, () => "0");
  return [...groups, ...zeros, ...after].slice(0, 4).join(":");
}
