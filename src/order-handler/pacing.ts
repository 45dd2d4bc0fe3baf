/**
 * Decides how long to wait between the starts of an asset's batches. A publish costs an fsync and a few wake-ups downstream,
 * with one request in it or with a hundred. So the interval grows in proportion to the rate of requests: a lone request goes
 * at once, and under load a short wait saves most of the machine.
 */
export interface PacingOptions {
  readonly intervalMaxMs: number;
  /** Requests per second, over all assets, from which on the interval is the longest. */
  readonly fullRate: number;
}

/** The time over which the rate is averaged. */
const MEMORY_MS = 250;

export class Pacing {
  readonly #options: PacingOptions;
  #perSecond = 0;
  #measuredAtMs = 0;

  constructor(options: PacingOptions) {
    this.#options = options;
  }

  /** Notes the start of a batch of so many requests. */
  started(requests: number, nowMs: number): void {
    this.#perSecond = this.rate(nowMs) + (requests * 1000) / MEMORY_MS;
    this.#measuredAtMs = nowMs;
  }

  /** Requests per second, exponentially averaged. */
  rate(nowMs: number): number {
    return this.#perSecond * Math.exp((this.#measuredAtMs - nowMs) / MEMORY_MS);
  }

  intervalMs(nowMs: number): number {
    const { intervalMaxMs, fullRate } = this.#options;
    return intervalMaxMs * Math.min(1, this.rate(nowMs) / fullRate);
  }
}
