/** `npm run script`: what testers write down, sent and compared. */
import { readFileSync } from "node:fs";
import { WrongOption } from "../../src/shared/process/options.js";
import { chosenTarget } from "../load/target.js";
import { parseOptions } from "./options.js";
import { parseScript } from "./parse-script.js";
import { type Script, ScriptError } from "./script.js";
import { type Outcome, ScriptRun } from "./script-run.js";
import { outcomeLine, summaryLine } from "./summary.js";

const [AS_WRITTEN, OTHERWISE, NOT_UNDERSTOOD] = [0, 1, 2];
const STANDARD_INPUT = 0;

function read(file: string): Script {
  try {
    return parseScript(file, readFileSync(file === "-" ? STANDARD_INPUT : file, "utf8"));
  } catch (error) {
    if (error instanceof ScriptError) throw error;
    throw new WrongOption(`${file} can't be read: ${(error as NodeJS.ErrnoException).code ?? error}`);
  }
}

async function run(args: readonly string[]): Promise<boolean> {
  const options = parseOptions(args);
  // All are read before the first one runs: nothing is sent of a set that can't be run to its end.
  const scripts = options.files.map(read);
  const target = chosenTarget(options);
  const show = (text: string) => {
    if (options.show) console.log(text);
  };
  const outcomes: Outcome[] = [];
  for (const script of scripts) {
    const outcome = await new ScriptRun(target, script, { patience: options.patience, show }).run();
    console.log(outcomeLine(outcome));
    outcomes.push(outcome);
  }
  console.log(summaryLine(outcomes));
  return outcomes.every(({ failure }) => failure === null);
}

try {
  process.exitCode = (await run(process.argv.slice(2))) ? AS_WRITTEN : OTHERWISE;
} catch (error) {
  console.error(`script: ${(error as Error).message}`);
  process.exitCode = error instanceof WrongOption || error instanceof ScriptError ? NOT_UNDERSTOOD : OTHERWISE;
}
