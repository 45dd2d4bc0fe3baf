/**
 * Decides how long to wait between the starts of two windows of messages. A publish costs an fsync and a few wake-ups downstream,
 * with one request in it or with a hundred. So under load a window lasts as long as a publish takes on this machine, which
 * makes up for what it saves; a lone request goes at once.
 */
export interface PacingOptions {
  readonly intervalMaxMs: number;
  /** Requests per second, over all assets, from which on the interval is as long as a publish. */
  readonly fullRate: number;
}

/** The time over which the rate is averaged. */
const MEMORY_MS = 250;
/** The time of a publish is averaged over about so many. */
const MEMORY_PUBLISHES = 16;

export class Pacing {
  readonly #options: PacingOptions;
  #perSecond = 0;
  #publishMs = 0;
  #measuredAtMs = 0;

  constructor(options: PacingOptions) {
    this.#options = options;
  }

  /** Notes the start of a batch of so many requests. */
  started(requests: number, nowMs: number): void {
    this.#perSecond = this.rate(nowMs) + (requests * 1000) / MEMORY_MS;
    this.#measuredAtMs = nowMs;
  }

  /** Notes that a message is stored, and how long that took. */
  published(tookMs: number): void {
    this.#publishMs += (tookMs - this.#publishMs) / (this.#publishMs === 0 ? 1 : MEMORY_PUBLISHES);
  }

  /** Requests per second, exponentially averaged. */
  rate(nowMs: number): number {
    return this.#perSecond * Math.exp((this.#measuredAtMs - nowMs) / MEMORY_MS);
  }

  intervalMs(nowMs: number): number {
    const { intervalMaxMs, fullRate } = this.#options;
    return Math.min(intervalMaxMs, this.#publishMs) * Math.min(1, this.rate(nowMs) / fullRate);
  }
}
