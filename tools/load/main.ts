import { runFigures } from "./figures.js";
import { startHandlerOnly } from "./handler-only.js";
import { measuredRun } from "./measured-run.js";
import { type CommandLine, parseCommandLine } from "./options.js";
import { summaryJson, summaryText } from "./summary.js";

async function run(commandLine: CommandLine): Promise<boolean> {
  const { load, json: isJson = false, figures, handlerOnly, runs, only = "" } = commandLine;
  if (figures) return await runFigures({ assets: load.assets, runs, only, isJson });
  const own = handlerOnly ? await startHandlerOnly() : null;
  try {
    const measured = await measuredRun(own?.target ?? commandLine.target(), load);
    console.log(isJson ? summaryJson(measured) : summaryText(measured));
    return measured.broken.length === 0;
  } finally {
    await own?.stop();
  }
}

try {
  process.exitCode = (await run(parseCommandLine(process.argv.slice(2)))) ? 0 : 1;
} catch (error) {
  console.error(`load: ${(error as Error).message}`);
  process.exitCode = 1;
}
