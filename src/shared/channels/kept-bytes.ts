import type { ChannelMetrics } from "./channel-metrics.js";

/** The memory kept for subscribers: reports and candles already told (feeds), items behind holes (gates), unread packets (queues). */
export type Kept = "feeds" | "gates" | "queues";

/** When the budget is exceeded, memory is given back down to this share of it, so that not every flush has to give back. */
const LOW_WATER = 0.9;

/** The one budget, in bytes, for all memory that is kept for subscribers. */
export class KeptBytes {
  readonly #bytesMax: number;
  readonly #gauge: ChannelMetrics["keptBytes"];
  readonly #bytes: Record<Kept, number> = { feeds: 0, gates: 0, queues: 0 };

  constructor(bytesMax: number, gauge: ChannelMetrics["keptBytes"]) {
    this.#bytesMax = bytesMax;
    this.#gauge = gauge;
  }

  get total(): number {
    return this.#bytes.feeds + this.#bytes.gates + this.#bytes.queues;
  }

  /** How many bytes must be given back now; 0: none. */
  get excess(): number {
    return this.total > this.#bytesMax ? this.total - LOW_WATER * this.#bytesMax : 0;
  }

  /** Notes that so many bytes more (or, if negative, fewer) are kept. */
  add(what: Kept, bytes: number): void {
    this.#bytes[what] += bytes;
    this.#gauge.set({ what }, this.#bytes[what]);
  }
}
