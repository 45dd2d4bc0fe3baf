/**
 * npm run bench:floor: what the floor makes of a load and what it costs, or, with --beside-pipeline, how far the pipeline
 * is from it: both are started and loaded in turn, round after round, and the ratios are taken within each round.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { commandLine, WrongOption, whole } from "../../src/shared/process/options.js";
import { calmDown } from "../../tools/load/figure.js";
import { markdownTable } from "../../tools/load/markdown-table.js";
import { measuredRun } from "../../tools/load/measured-run.js";
import { type Own, startOwnPipeline } from "../../tools/load/own-pipeline.js";
import { summaryText } from "../../tools/load/summary.js";
import { asked } from "../options.js";
import { USUAL_LOAD } from "../usual-load.js";
import { COLUMNS, comparedRows, costOf, type Rounds } from "./comparison.js";
import { startOwnFloor } from "./own-floor.js";

const rates = (text: string) => text.split(",").map(whole({ to: 100_000 }));
const options = asked(() => {
  const given = commandLine("bench:floor", "The pipeline's hops with nothing in them: what they cost on this machine.")
    .option("--rate <orders>", "orders a second; several with commas between them", rates, [1_000, 5_000, 10_000])
    .option("--seconds <seconds>", "measured time", whole({ to: 600 }), 10)
    .option("--warmup <seconds>", "before it, not measured", whole({ from: 0, to: 60 }), 3)
    .option("--beside-pipeline", "load the pipeline in turn, and print the ratios")
    .option("--apart", "and with a process for each service")
    .option("--before <folder>", "and the pipeline of an older checkout, which is built there")
    .option("--rounds <count>", "of all of them in turn; medians count", whole({ to: 9 }), 3)
    .parse()
    .opts();
  const before = given.before === undefined ? undefined : resolve(given.before);
  if (
    before !== undefined &&
    !(existsSync(join(before, "tools/build.mjs")) && existsSync(join(before, "node_modules")))
  )
    throw new WrongOption(`--before ${before} must be a checkout of this project after its npm ci`);
  return { ...given, before };
});
const { before } = options;
const contestants: Record<string, () => Promise<Own>> = { floor: startOwnFloor };
if (options.besidePipeline || options.apart || before !== undefined) contestants["pipeline"] = () => startOwnPipeline();
if (options.apart) contestants["apart"] = () => startOwnPipeline({ PROCESSES: "apart" });
if (before !== undefined) contestants["before"] = () => startOwnPipeline({}, before);
const isAlone = Object.keys(contestants).length === 1;
const rounds: Rounds = new Map(options.rate.map((rate) => [rate, new Map()]));

for (let round = 1; round <= (isAlone ? 1 : options.rounds); round++)
  for (const [name, start] of Object.entries(contestants)) {
    const own = await start();
    try {
      await calmDown();
      for (const ratePerSecond of options.rate) {
        const { seconds, warmup: warmupSeconds } = options;
        const measured = await measuredRun(own.target, {
          ...USUAL_LOAD,
          ratePerSecond,
          seconds,
          warmupSeconds,
          seed: round,
        });
        const cost = costOf(measured);
        const costs = rounds.get(ratePerSecond) as Map<string, (typeof cost)[]>;
        costs.set(name, [...(costs.get(name) ?? []), cost]);
        if (isAlone) console.log(summaryText(measured));
        else
          for (const broken of measured.broken) console.log(`round ${round}, ${name} at ${ratePerSecond}/s: ${broken}`);
        if (measured.broken.length > 0 && name !== "before") process.exitCode = 1;
      }
    } finally {
      await own.stop();
    }
  }
console.log(markdownTable(COLUMNS, comparedRows(rounds)));
