import { WrongOption } from "../../src/shared/process/options.js";
import { runFigures } from "./figures.js";
import { startHandlerOnly } from "./handler-only.js";
import { limitText, searchLimit } from "./limit.js";
import { LiveLine } from "./live-line.js";
import { makeLoadAccounts } from "./load-accounts.js";
import { type Measured, measuredRun } from "./measured-run.js";
import { verdictsOf } from "./objectives.js";
import { type CommandLine, parseCommandLine } from "./options.js";
import { compareResults, writeResults } from "./result-files.js";
import { summaryJson, summaryText } from "./summary.js";
import type { Target } from "./target.js";

const [REACHED, NOT_REACHED, NOT_UNDERSTOOD] = [0, 1, 2];

async function run(commandLine: CommandLine): Promise<boolean> {
  const { load, json: isJson = false, figures, handlerOnly, runs, only = "", compare, out = "." } = commandLine;
  if (compare.length > 0) {
    console.log(compareResults(compare, out));
    return true;
  }
  if (figures) return await runFigures({ assets: load.assets, runs, only, isJson });
  const own = handlerOnly ? await startHandlerOnly() : null;
  try {
    const target = own?.target ?? commandLine.target();
    await makeLoadAccounts(target.databaseUrl, load.accounts);
    return commandLine.findLimit === true ? await limit(target, commandLine) : await once(target, commandLine);
  } finally {
    await own?.stop();
  }
}

async function once(target: Target, { load, objectives, json, out }: CommandLine): Promise<boolean> {
  const measured = await watchedRun(target, load);
  const verdicts = verdictsOf(objectives, measured.outcome);
  console.log(json ? summaryJson(measured, verdicts) : summaryText(measured, verdicts));
  const files = out === undefined ? [] : writeResults(out, measured, verdicts);
  if (!json && files.length > 0) console.log(files.map((file) => `  ${file}`).join("\n"));
  return measured.broken.length === 0 && verdicts.every(({ isMet }) => isMet);
}

async function limit(target: Target, { load, objectives, json }: CommandLine): Promise<boolean> {
  const found = await searchLimit(objectives, load, (options) => watchedRun(target, options));
  console.log(json ? JSON.stringify(found) : limitText(found));
  return found.limitPerSecond !== null;
}

async function watchedRun(target: Target, load: CommandLine["load"]): Promise<Measured> {
  const shown: LiveLine[] = [];
  try {
    return await measuredRun(target, load, (started) => shown.push(new LiveLine(started)));
  } finally {
    for (const line of shown) line.close();
  }
}

try {
  process.exitCode = (await run(parseCommandLine(process.argv.slice(2)))) ? REACHED : NOT_REACHED;
} catch (error) {
  console.error(`load: ${(error as Error).message}`);
  process.exitCode = error instanceof WrongOption ? NOT_UNDERSTOOD : NOT_REACHED;
}
