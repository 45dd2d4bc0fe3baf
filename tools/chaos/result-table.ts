/** What came of the faults, for people and for programs. Pure. */
import type { FaultResult } from "./fault-run.js";

const COLUMNS = [
  "fault",
  "times",
  "acknowledged",
  "lost",
  "doubled",
  "differing",
  "first back p50 / p99, ms",
  "all assets p99, ms",
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

export function markdownTable(results: readonly FaultResult[]): string {
  const rows = results.map(cellsOf);
  const width = (column: number) => Math.max(...[COLUMNS, ...rows].map((cells) => cells[column]?.length ?? 0));
  const line = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(width(at))).join(" | ")} |`;
  return [line(COLUMNS), line(COLUMNS.map((_, at) => "-".repeat(width(at)))), ...rows.map(line)].join("\n");
}

function cellsOf(result: FaultResult): string[] {
  const { fault, injected, acknowledged, counts, recovered, seed, growth, catchUps, exceeded } = result;
  const first = recovered.map(({ firstMs }) => firstMs);
  const all = recovered.map(({ allMs }) => allMs);
  return [
    fault.name,
    String(injected),
    String(acknowledged),
    String(counts.lost),
    String(counts.doubled),
    String(counts.differing),
    `${percentile(first, 0.5)} / ${percentile(first, 0.99)}`,
    percentile(all, 0.99),
    growth === null ? "-" : `${Math.round(growth.grownMb)} (${growth.process.split(" ")[0]})`,
    catchUps.length === 0 ? "-" : Math.min(...catchUps).toFixed(1),
    isExact(result) ? ["exact", ...exceeded].join("; ") : `NOT EXACT (seed ${seed})`,
  ];
}

/** The nearest rank; of few injections p99 is the worst. */
function percentile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? "-" : String(Math.round(value));
}

export function resultJson(result: FaultResult): string {
  const { fault, recovered, ...rest } = result;
  return JSON.stringify({ fault: fault.name, exact: isExact(result), ...rest, recovered });
}
