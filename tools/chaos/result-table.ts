/** What came of the faults, for people and for programs. Pure. */
import type { FaultResult } from "./fault-run.js";
import { type TimeLimit, timeOf } from "./recovery.js";

export const COLUMNS = [
  "fault",
  "times",
  "acknowledged",
  "lost",
  "doubled",
  "differing",
  "first back p50 / p99, ms",
  "all assets p50 / p99, ms",
  "limit of p99",
  "growth at most, MB",
  "backlog settled, × input",
  "verdict",
] as const;

export function isExact({ differences }: FaultResult): boolean {
  return differences.length === 0;
}

/** Exact, and within every limit. */
export function isPassed(result: FaultResult): boolean {
  return isExact(result) && result.exceeded.length === 0;
}

/** As COLUMNS says. */
export function cellsOf(result: FaultResult): string[] {
  const { fault, injected, acknowledged, counts, recovered, seed, growth, catchUps, exceeded } = result;
  const times = (of: TimeLimit["of"]) =>
    [0.5, 0.99].map((share) => inWhole(timeOf({ of }, recovered, share))).join(" / ");
  return [
    fault.name,
    String(injected),
    String(acknowledged),
    String(counts.lost),
    String(counts.doubled),
    String(counts.differing),
    times("first"),
    times("all"),
    fault.limit === undefined ? "-" : `${fault.limit.of} ≤ ${fault.limit.p99Ms / 1_000} s`,
    growth === null ? "-" : `${Math.round(growth.grownMb)} (${growth.process.split(" ")[0]})`,
    catchUps.length === 0 ? "-" : Math.min(...catchUps).toFixed(1),
    isExact(result) ? ["exact", ...exceeded].join("; ") : `NOT EXACT (seed ${seed})`,
  ];
}

const inWhole = (value: number | null) => (value === null ? "-" : String(Math.round(value)));

export function resultJson(result: FaultResult): string {
  const { fault, recovered, ...rest } = result;
  return JSON.stringify({ fault: fault.name, exact: isExact(result), ...rest, recovered });
}
