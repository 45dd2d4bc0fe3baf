import { markdownTable } from "../load/markdown-table.js";
import { build, stopOnSignal } from "../load/own-pipeline.js";
import { type Fault, longTimesOf } from "./fault.js";
import type { FaultResult } from "./fault-run.js";
import { FAULTS } from "./faults.js";
import { type CommandLine, parseCommandLine } from "./options.js";
import { ReliabilityPage } from "./reliability-page.js";
import { COLUMNS, cellsOf, isPassed, resultJson } from "./result-table.js";
import { guessMs, remainingMs } from "./run-estimate.js";
import { inSharedWorlds, Worlds } from "./worlds.js";

const WARM_UP_MS = 12_000;
const EXIT_NOT_PASSED = 1;
const EXIT_UNKNOWN = 2;

const tell = (line: string) => process.stderr.write(`${line}\n`);
const inMinutes = (ms: number) => `${(ms / 60_000).toFixed(1)} min`;

/** Returns the exit code. */
async function run(commandLine: CommandLine): Promise<number> {
  const { fault: faults, rate: ratePerSecond, seed, json, write, resume, long, times: timesEach } = commandLine;
  build();
  const page = new ReliabilityPage({ ratePerSecond, seed }, FAULTS);
  const planned = inSharedWorlds(faults)
    .map((fault) => ({ fault, times: long ? longTimesOf(fault) : timesEach }))
    .filter(({ fault, times }) => isPossible(fault) && !(resume && page.hasPassed(fault, times)));
  tell(`${planned.length} faults, about ${inMinutes(guessMs(planned))}`);
  const results: FaultResult[] = [];
  const worlds = new Worlds({ withCarefulClients: true });
  stopOnSignal(() => worlds.close());
  const startedMs = performance.now();
  for (const [done, { fault, times }] of planned.entries()) {
    tell(`${fault.name}: ${fault.how}`);
    const options = { times, ratePerSecond, seed, warmUpMs: WARM_UP_MS, tell };
    const result = await worlds.run(fault, options).catch((error: Error) => {
      tell(`${fault.name}: ${error.message}`); // the others need not wait for what can't be judged
      return null;
    });
    if (result !== null) {
      results.push(result);
      for (const text of [...result.differences, ...result.exceeded]) tell(`${fault.name} (seed ${seed}): ${text}`);
      if (json) console.log(resultJson(result));
      if (write) page.write(result);
    }
    const tookMs = performance.now() - startedMs;
    const leftMs = remainingMs(planned, done + 1, tookMs);
    tell(`${done + 1} of ${planned.length} faults in ${inMinutes(tookMs)}, about ${inMinutes(leftMs)} to go`);
  }
  await worlds.close();
  if (!json) console.log(markdownTable(COLUMNS, inTableOrder(results).map(cellsOf)));
  if (results.length < planned.length) return EXIT_UNKNOWN;
  return results.every(isPassed) ? 0 : EXIT_NOT_PASSED;
}

function inTableOrder(results: readonly FaultResult[]): FaultResult[] {
  return [...results].sort((a, b) => FAULTS.indexOf(a.fault) - FAULTS.indexOf(b.fault));
}

function isPossible(fault: Fault): boolean {
  const obstacle = fault.obstacle?.() ?? null;
  if (obstacle !== null) tell(`${fault.name}: skipped, ${obstacle}`);
  return obstacle === null;
}

try {
  const commandLine = parseCommandLine(process.argv.slice(2));
  if (commandLine.list)
    for (const { name, how, meanwhile } of FAULTS) console.log(`${name.padEnd(28)} ${how}; meanwhile: ${meanwhile}`);
  else process.exitCode = await run(commandLine);
} catch (error) {
  console.error(`chaos: ${(error as Error).message}`);
  process.exitCode = EXIT_UNKNOWN;
}
