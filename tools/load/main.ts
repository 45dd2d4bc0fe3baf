import { runFigures } from "./figures.js";
import { startHandlerOnly } from "./handler-only.js";
import { measuredRun } from "./measured-run.js";
import { type CommandLine, HELP, parseCommandLine } from "./options.js";
import { summaryJson, summaryText } from "./summary.js";

async function run(commandLine: CommandLine): Promise<boolean> {
  const { load, isJson, isFigures, isHandlerOnly, runs, only } = commandLine;
  if (isFigures) return await runFigures({ assets: load.assets, runs, only, isJson });
  const own = isHandlerOnly ? await startHandlerOnly() : null;
  try {
    const measured = await measuredRun(own?.target ?? commandLine.target(), load);
    console.log(isJson ? summaryJson(measured) : summaryText(measured));
    return measured.broken.length === 0;
  } finally {
    await own?.stop();
  }
}

try {
  const commandLine = parseCommandLine(process.argv.slice(2));
  if (commandLine.isHelp) console.log(HELP);
  else process.exitCode = (await run(commandLine)) ? 0 : 1;
} catch (error) {
  console.error(`load: ${(error as Error).message}`);
  process.exitCode = 1;
}
