/**
 * The wall clock of a process, for the shells only, never for the core. It follows the system's, also when that is set
 * or the machine has slept, and never goes back: where the system's is put back, this one stands still until that has
 * caught up. How long something took, or may take, is what performance.now() is for: no step touches it.
 */
import type { EpochMs, EpochUs } from "../domain/units.js";

export interface SystemClock {
  /** Whole milliseconds since the epoch; steps. */
  readonly wallMs: () => number;
  /** Since anything, with digits below the millisecond; never steps, and may stand still while the machine sleeps. */
  readonly monotonicMs: () => number;
}

/** The wall's milliseconds; the digits below them are the monotonic clock's, as far as these agree. */
export class WallClock {
  readonly #system: SystemClock;
  /** From the monotonic clock to the wall's. */
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

/** What expiries are compared with, at the door and in the sequence. */
export function nowEpochMs(): EpochMs {
  return Math.floor(clock.nowUs() / 1000) as EpochMs;
}

/** The time in a sequence that has reached `reachedUs`, perhaps by the clock of another process. */
export function nowAfterUs(reachedUs: EpochUs): EpochUs {
  return Math.max(reachedUs, clock.nowUs()) as EpochUs;
}
