/**
 * How much slower this machine is now than the one on which the limits of time were found, idle: measured limits and
 * deadlines are multiplied by it. Its speed is measured once, at the start; how many wait for its cores is looked up.
 */
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";

/** What the work takes there. */
const REFERENCE_CPU_MS = 8;
const ROUNDS = 5;
const SLOWNESS_MAX = 30;

const speedLoss = Math.max(1, Math.min(...Array.from({ length: ROUNDS }, cpuMsOfWork)) / REFERENCE_CPU_MS);

/** Never below 1. */
export function slowness(): number {
  return Math.min(SLOWNESS_MAX, speedLoss * Math.max(1, runnable() / availableParallelism()));
}

/** How many want a core: over the last minute, or at this moment where work has only begun and Linux tells. */
function runnable(): number {
  const [overLastMinute = 0] = loadavg();
  try {
    const [, now = 0] = /(\d+)\/\d+ \d+$/.exec(readFileSync("/proc/loadavg", "utf8").trim()) ?? [];
    return Math.max(overLastMinute, Number(now));
  } catch {
    return overLastMinute;
  }
}

/** The limit that an idle machine of the usual speed keeps, for this one as it is now; whole, as some timers want it. */
export function patience(idleMs: number): number {
  return Math.ceil(idleMs * slowness());
}

/** CPU time, not the clock's: whoever else runs does not count. The first rounds warm the compiler up. */
function cpuMsOfWork(): number {
  const before = process.cpuUsage();
  const counts = new Map<number, number>();
  for (let step = 0, hash = 1; step < 2_000_000; step++) {
    hash = Math.imul(hash ^ step, 16_777_619) >>> 0;
    if (step % 8 === 0) counts.set(hash & 4095, step);
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
