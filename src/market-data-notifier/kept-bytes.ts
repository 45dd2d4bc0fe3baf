import type { NotifierMetrics } from "./notifier-metrics.js";

/** What is kept in memory for subscribers: reports that were told, items behind a hole, packets that are not read yet. */
export type Kept = "feeds" | "gates" | "queues";

/** Where the budget is exceeded, so much of it is given back that the next flush does not do the same again. */
const LOW_WATER = 0.9;

/** The one budget, in bytes, for everything that is kept for subscribers. */
export class KeptBytes {
  readonly #bytesMax: number;
  readonly #gauge: NotifierMetrics["keptBytes"];
  readonly #bytes: Record<Kept, number> = { feeds: 0, gates: 0, queues: 0 };

  constructor(bytesMax: number, gauge: NotifierMetrics["keptBytes"]) {
    this.#bytesMax = bytesMax;
    this.#gauge = gauge;
  }

  get total(): number {
    return this.#bytes.feeds + this.#bytes.gates + this.#bytes.queues;
  }

  /** How many bytes are to be given back now; 0: none. */
  get excess(): number {
    return this.total > this.#bytesMax ? this.total - LOW_WATER * this.#bytesMax : 0;
  }

  /** So much more (or less) is kept. */
  add(what: Kept, bytes: number): void {
    this.#bytes[what] += bytes;
    this.#gauge.set({ what }, this.#bytes[what]);
  }
}
