/** docs/reliability.md: what was promised, and what came of it. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { projectRoot } from "../../src/shared/config.js";
import type { FaultResult } from "./fault-run.js";
import { markdownTable } from "./result-table.js";

const PAGE = join(projectRoot, "docs", "reliability.md");
const BEGIN = "<!-- npm run chaos -- --write: from here -->";
const END = "<!-- to here -->";

/** Replaces the table; what people wrote around it stays. */
export function writeReliability(
  results: readonly FaultResult[],
  { ratePerSecond, seed }: { readonly ratePerSecond: number; readonly seed: number },
): void {
  const page = readFileSync(PAGE, "utf8");
  const [before, after] = [page.split(BEGIN)[0] ?? "", page.split(END)[1] ?? "\n"];
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  const date = new Date().toISOString().slice(0, 10);
  const facts = `${date}, ${machine}, ${ratePerSecond} requests a second, seed ${seed}`;
  const faults = results.map(({ fault }) => `| ${fault.name} | ${fault.how} | ${fault.meanwhile} |`);
  const table = ["| fault | how it is injected | allowed meanwhile |", "| --- | --- | --- |", ...faults].join("\n");
  writeFileSync(PAGE, `${before}${BEGIN}\n\n${facts}\n\n${markdownTable(results)}\n\n${table}\n\n${END}${after}`);
}
