/** Loaded into a process before everything else: its clock is CHAOS_CLOCK_SHIFT_MS wrong. */
import { shiftClock } from "../../test/support/shiftable-clock.mjs";

const shiftMs = Number(process.env.CHAOS_CLOCK_SHIFT_MS);
shiftClock(shiftMs);
Object.defineProperty(performance, "timeOrigin", { value: performance.timeOrigin + shiftMs });
