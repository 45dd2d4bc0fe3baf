import { Latencies } from "./latencies.js";

/**
 * What an order is charged. Orders are planned on a fixed schedule, and the clock of an order that leaves late runs from
 * its plan: if the system makes the generator late, the system pays (no coordinated omission). Excepted is what the
 * generator's own timer can't do better: up to TIMER_SLACK_MS of lateness are taken off, so
 * latency = (answered - sent) + max(0, (sent - planned) - TIMER_SLACK_MS).
 */
export const TIMER_SLACK_MS = 2;

/** The times of all orders of a run, in typed arrays. Those of the warm-up are kept, not measured. */
export class OrderTiming {
  readonly acknowledged = new Latencies();
  readonly reported = new Latencies();
  /** sent - planned: how late the generator was. */
  readonly lateness = new Latencies();
  readonly #chargedFromMs: Float64Array;
  readonly #measureFrom: number;

  constructor(options: { orders: number; measureFrom: number }) {
    this.#chargedFromMs = new Float64Array(options.orders);
    this.#measureFrom = options.measureFrom;
  }

  sent(order: number, plannedMs: number, sentMs: number): void {
    const lateMs = sentMs - plannedMs;
    this.#chargedFromMs[order] = sentMs - Math.max(0, lateMs - TIMER_SLACK_MS);
    if (order >= this.#measureFrom) this.lateness.record(lateMs);
  }

  /** Returns what it is charged. */
  answered(order: number, atMs: number): number {
    const ms = atMs - (this.#chargedFromMs[order] ?? 0);
    if (order >= this.#measureFrom) this.acknowledged.record(ms);
    return ms;
  }

  reportedAt(order: number, atMs: number): void {
    if (order >= this.#measureFrom) this.reported.record(atMs - (this.#chargedFromMs[order] ?? 0));
  }
}
