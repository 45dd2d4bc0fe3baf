/** How many a second, on average and at once. */
export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

/** A rate limit: lets `burst` through at once, and `perSecond` in the long run. Pure; times are monotonic. */
export class TokenBucket {
  readonly #size: BucketSize;
  #left: number;
  #atMs: number;

  constructor(size: BucketSize, nowMs: number) {
    this.#size = size;
    this.#left = size.burst;
    this.#atMs = nowMs;
  }

  /** Takes a token. False: none is left, and the debt of `debtMax`, which later takes must wait for, is used up, too. */
  take(nowMs: number, debtMax = 0): boolean {
    this.#refill(nowMs);
    if (this.#left + debtMax < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Undoes a `take`. */
  giveBack(): void {
    this.#left = Math.min(this.#size.burst, this.#left + 1);
  }

  /** Whether the bucket is full, and so the same as a new one. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#left >= this.#size.burst;
  }

  #refill(nowMs: number): void {
    const { perSecond, burst } = this.#size;
    this.#left = Math.min(burst, this.#left + ((nowMs - this.#atMs) * perSecond) / 1000);
    this.#atMs = nowMs;
  }
}
