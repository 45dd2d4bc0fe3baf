import { build } from "../load/own-pipeline.js";
import { type FaultResult, runFault } from "./fault-run.js";
import { FAULTS } from "./faults.js";
import { type CommandLine, HELP, parseCommandLine } from "./options.js";
import { writeReliability } from "./reliability-page.js";
import { isPassed, markdownTable, resultJson } from "./result-table.js";

const WARM_UP_MS = 12_000;
const EXIT_NOT_EXACT = 1;
const EXIT_UNKNOWN = 2;

async function run({ faults, times, ratePerSecond, seed, isJson, isWriting }: CommandLine): Promise<boolean> {
  build();
  const tell = (line: string) => process.stderr.write(`${line}\n`);
  const results: FaultResult[] = [];
  for (const fault of faults) {
    const obstacle = fault.obstacle?.() ?? null;
    if (obstacle !== null) {
      tell(`${fault.name}: skipped, ${obstacle}`);
      continue;
    }
    tell(`${fault.name}: ${fault.how}`);
    const result = await runFault(fault, { times, ratePerSecond, seed, warmUpMs: WARM_UP_MS, tell });
    results.push(result);
    for (const text of [...result.differences, ...result.exceeded]) tell(`${fault.name} (seed ${seed}): ${text}`);
    if (isJson) console.log(resultJson(result));
  }
  if (!isJson) console.log(markdownTable(results));
  if (isWriting) writeReliability(results, { ratePerSecond, seed });
  return results.every(isPassed);
}

try {
  const commandLine = parseCommandLine(process.argv.slice(2));
  if (commandLine.isHelp) console.log(HELP);
  else if (commandLine.isList)
    for (const { name, how, meanwhile } of FAULTS) console.log(`${name.padEnd(28)} ${how}; meanwhile: ${meanwhile}`);
  else process.exitCode = (await run(commandLine)) ? 0 : EXIT_NOT_EXACT;
} catch (error) {
  console.error(`chaos: ${(error as Error).message}`);
  process.exitCode = EXIT_UNKNOWN;
}
