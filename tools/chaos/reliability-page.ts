/** docs/reliability.md: what was promised, and what came of it, a row a fault. What people wrote around it stays. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { markdownTable } from "../load/markdown-table.js";
import type { Fault } from "./fault.js";
import type { FaultResult } from "./fault-run.js";
import { COLUMNS, cellsOf } from "./result-table.js";

export const BEGIN = "<!-- npm run chaos -- --write: from here -->";
export const END = "<!-- to here -->";
const PAGE = join(projectRoot, "docs", "reliability.md");
const TIMES = COLUMNS.indexOf("times");

/** Under which every row of the page was found out; of another run they would not belong together. */
export interface RunFacts {
  readonly ratePerSecond: number;
  readonly seed: number;
}

export class ReliabilityPage {
  readonly #facts: string;
  readonly #faults: readonly Fault[];
  readonly #commit: string;

  constructor({ ratePerSecond, seed }: RunFacts, faults: readonly Fault[]) {
    const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
    this.#facts = `${machine}, ${ratePerSecond} requests a second, seed ${seed}`;
    this.#faults = faults;
    this.#commit = commit();
  }

  /** Whether the page says that this code passed as many. */
  hasPassed({ name }: Fault, times: number): boolean {
    const row = rowsOf(readFileSync(PAGE, "utf8"), this.#facts).find(([fault]) => fault === name);
    return row?.[TIMES] === String(times) && row.at(-2) === "exact" && row.at(-1)?.startsWith(this.#commit) === true;
  }

  /** In the place of what is there of the same fault. */
  write(result: FaultResult): void {
    const found = `${this.#commit}, ${new Date().toISOString().slice(0, 10)}`;
    const page = withRow(readFileSync(PAGE, "utf8"), this.#facts, this.#faults, [...cellsOf(result), found]);
    writeFileSync(PAGE, page);
  }
}

/** Rows of a run under other facts are gone. */
export function withRow(page: string, facts: string, faults: readonly Fault[], row: readonly string[]): string {
  const rows = new Map<string | undefined, readonly string[]>(rowsOf(page, facts).map((known) => [known[0], known]));
  rows.set(row[0], row);
  const shown = faults.filter(({ name }) => rows.has(name));
  const table = markdownTable(
    [...COLUMNS, "commit, date"],
    shown.map(({ name }) => rows.get(name) ?? []),
  );
  const explained = markdownTable(
    ["fault", "how it is injected", "allowed meanwhile"],
    shown.map(({ name, how, meanwhile }) => [name, how, meanwhile]),
  );
  const [before, after] = [page.split(BEGIN)[0] ?? "", page.split(END)[1] ?? "\n"];
  return `${before}${BEGIN}\n\n${facts}\n\n${table}\n\n${explained}\n\n${END}${after}`;
}

function rowsOf(page: string, facts: string): string[][] {
  const written = page.split(BEGIN)[1]?.split(END)[0] ?? "";
  const [, foundFacts, table] = written.split("\n\n");
  if (foundFacts !== facts || table === undefined) return [];
  const rows = table.split("\n").slice(2); // after the head and the line under it
  return rows.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: projectRoot, encoding: "utf8" }).trim();
  } catch {
    return "unknown commit";
  }
}
