/**
 * The wall clock of a process; never for the engine. It follows the system's clock, also when that is set or the machine has
 * slept, but never goes back: when the system's clock is put back, this one stands still until that has caught up. Durations
 * and deadlines are measured by performance.now(), which never steps.
 */
import type { EpochMs, EpochUs } from "../domain/units.js";

export interface SystemClock {
  /** Whole milliseconds since the epoch; it may step. */
  readonly wallMs: () => number;
  /** Milliseconds with fractions; it never steps, and may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
}

/** The wall clock's milliseconds, with the monotonic clock's fractions as far as the two agree. */
export class WallClock {
  readonly #system: SystemClock;
  /** The difference of the wall clock to the monotonic one. */
  #offsetMs: number;
  #lastUs = 0;

  constructor(system: SystemClock) {
    this.#system = system;
    this.#offsetMs = system.wallMs() - system.monotonicMs();
  }

  nowUs(): EpochUs {
    const wallMs = this.#system.wallMs();
    const monotonicMs = this.#system.monotonicMs();
    const preciseMs = Math.min(Math.max(monotonicMs + this.#offsetMs, wallMs), wallMs + 0.999);
    this.#offsetMs = preciseMs - monotonicMs;
    this.#lastUs = Math.max(this.#lastUs, Math.round(preciseMs * 1000));
    return this.#lastUs as EpochUs;
  }
}

const clock = new WallClock({ wallMs: () => Date.now(), monotonicMs: () => performance.now() });

export function nowUs(): EpochUs {
  return clock.nowUs();
}

/** The time that expiries are compared with, by the order-handler and by order-processing. */
export function nowEpochMs(): EpochMs {
  return Math.floor(clock.nowUs() / 1000) as EpochMs;
}

/** The time for the next entry of a sequence that has reached `reachedUs`, perhaps by another process's clock. */
export function nowAfterUs(reachedUs: EpochUs): EpochUs {
  return Math.max(reachedUs, clock.nowUs()) as EpochUs;
}

/** A time in UTC, to the microsecond, such as 2026-11-29T09:39:00.123456Z. */
export function microsecondText(atUs: EpochUs): string {
  const milliseconds = new Date(Math.floor(atUs / 1_000)).toISOString();
  return milliseconds.replace("Z", `${String(atUs % 1_000).padStart(3, "0")}Z`);
}
