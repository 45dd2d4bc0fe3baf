import type { EpochUs } from "../domain/units.js";

/** Now, in microseconds; for the shells only, never for the core. */
export function nowUs(): EpochUs {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) as EpochUs;
}
