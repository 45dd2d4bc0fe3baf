/** The table of docs/security.md: what was tried, and what honest clients saw of it. What people wrote around it stays. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { markdownTable } from "../load/markdown-table.js";
import type { AbuseResult } from "./abuse-run.js";

const BEGIN = "<!-- npm run abuse -- --write: from here -->";
const END = "<!-- to here -->";
const PAGE = join(projectRoot, "docs", "security.md");
const COLUMNS = [
  "attack",
  "ACK p50 / p99 quiet, ms",
  "meanwhile, ms",
  "slowest login, subscription, ms",
  "memory",
  "verdict",
];

export function tableOf(results: readonly AbuseResult[]): string {
  return markdownTable(
    COLUMNS,
    results.map(({ attack, quiet, seen, grown, broken, slow }) => [
      attack.how,
      `${inMs(quiet.ack.p50)} / ${inMs(quiet.ack.p99)}`,
      `${inMs(seen.ack.p50)} / ${inMs(seen.ack.p99)}`,
      `${Math.round(seen.slowestLoginMs)}, ${Math.round(seen.slowestSubscriptionMs)}`,
      grown === null ? "-" : `+${Math.max(0, Math.round(grown.megabytes))} MB (${grown.service})`,
      [...broken, ...slow].join("; ") || "holds",
    ]),
  );
}

export function writePage(results: readonly AbuseResult[], seconds: number): void {
  const page = readFileSync(PAGE, "utf8");
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  const facts = `${machine}; each attack for ${seconds} s, ${new Date().toISOString().slice(0, 10)}`;
  const [before, after] = [page.split(BEGIN)[0] ?? "", page.split(END)[1] ?? "\n"];
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${facts}\n\n${tableOf(results)}\n\n${END}${after}`);
}

const inMs = (ms: number) => ms.toFixed(1);
