/**
 * Makes V8 collect old objects earlier. A stage that catches up makes much garbage that outlives the quick collections, and V8
 * lets it pile up to several times of what is alive: 130 MB after 20 s without Postgres, where 40 are enough.
 */
import { setFlagsFromString } from "node:v8";

/** By how much the heap may outgrow what was alive after the last collection. */
const GROWTH_PERCENT = 50;

export function collectGarbageSooner(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
