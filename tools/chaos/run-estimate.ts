/** How long it will still take, from how long it took so far. Pure. */
import type { Fault } from "./fault.js";
import { needsOf } from "./worlds.js";

export interface Planned {
  readonly fault: Fault;
  readonly times: number;
}

const WORLD_MS = 8_000;
const RESTING_ORDERS_MS = 15_000;
const LOOKS_MS = 8_000;
const INJECTION_MS = 2_500;

/** What each would take on a machine that has nothing else to do. */
export function guessMs(planned: readonly Planned[]): number {
  let needsBefore = "";
  let sum = 0;
  for (const { fault, times } of planned) {
    const needs = needsOf(fault);
    if (needs !== needsBefore) sum += WORLD_MS + (fault.restingOrders === undefined ? 0 : RESTING_ORDERS_MS);
    needsBefore = needs;
    sum += LOOKS_MS + times * (INJECTION_MS + fault.lastsMs);
  }
  return sum;
}

/** After the first `done` of them took so long. */
export function remainingMs(planned: readonly Planned[], done: number, tookMs: number): number {
  const guessed = guessMs(planned.slice(0, done));
  return guessMs(planned.slice(done)) * (guessed === 0 ? 1 : tookMs / guessed);
}
