import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { markdownTable } from "../tools/load/markdown-table.js";
import { verdict } from "./bars.js";
import type { Measurement } from "./measurement.js";

/** The bars are for the full size only. */
export function tableOf(measurements: readonly Measurement[], isSmoke: boolean): string {
  const bar = (m: Measurement) => (isSmoke ? "" : verdict(m));
  const rows = measurements.map((m) => [m.bench, m.stream, m.engine, number(m.value), m.unit, bar(m), hashOf(m)]);
  return markdownTable(["bench", "stream or book", "engine", "value", "unit", "bar", "hash"], rows);
}

/** What one has to know to read the figures. */
export function machine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model.trim()}, Node ${process.version}, commit ${commit()}`;
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : value < 1_000 ? 1 : 0 });
}

function hashOf({ hash }: Measurement): string {
  return hash === null ? "" : String(hash);
}
