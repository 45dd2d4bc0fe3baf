/** The bots as a process: live, on paper (--paper), or on what was recorded (--record, --replay). */

import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { ConfigurationError } from "../shared/domain/errors.js";
import { runService } from "../shared/process/lifecycle.js";
import { commandLine, textOption, WrongOption } from "../shared/process/options.js";
import { botsConfig } from "./config.js";
import { lookLine, parseLooks } from "./recording.js";
import { replayed } from "./replay.js";
import { Runner } from "./runner.js";

/** Of stopping, what is left for the rest of it. */
const STOP_RESERVE_MS = 2_000;

const options = optionsOf(process.argv.slice(2));
if (options.replay === undefined) await run();
else replay(options.replay);

function optionsOf(args: readonly string[]) {
  try {
    return commandLine("bots", "Trades as bots do, with a pipeline that npm start runs.")
      .argument("[folder]", "names the pipeline to who looks at processes")
      .option("--paper", "decide and log it, send nothing")
      .addOption(textOption("--record <file>", "write down what each bot sees"))
      .addOption(textOption("--replay <file>", "decide on a recording, print the decisions as JSON lines, and end"))
      .parse(args, { from: "user" })
      .opts();
  } catch (error) {
    if (error instanceof WrongOption) end(error.message);
    throw error;
  }
}

function run(): Promise<void> {
  return runService("bots", botsConfig, async (service, config) => {
    const { log, metrics } = service;
    const file = options.record === undefined ? null : createWriteStream(options.record);
    const runner = new Runner({
      ...config,
      keyOf: (account) => ({ keyId: account, secret: config.secret ?? account }),
      log,
      isPaper: options.paper === true,
      onLook: (look) => void file?.write(lookLine(look)),
    });
    service.onStop("recording", async () => {
      if (file !== null) await once(file.end(), "finish");
    });
    service.onStop("orders", async () => {
      const left = await runner.stop(config.stopTimeoutMs - STOP_RESERVE_MS);
      if (left.length === 0) log.info("no bot has an order left");
      else log.warn({ bots: left }, "it is not known whether these bots have orders left; their timers cancel them");
    });
    const position = metrics.gauge("bots_position_lots", "Bought less sold since the start", ["bot", "asset"]);
    const lost = metrics.gauge("bots_lost_orders", "Orders that never got a report", ["bot", "asset"]);
    metrics.onScrape(() => {
      for (const { bot, asset, lots, lost: count } of runner.positions) {
        position.set({ bot, asset }, lots);
        lost.set({ bot, asset }, count);
      }
    });
    runner.start();
    log.info({ bots: config.strategies.map(({ name }) => name), paper: options.paper === true }, "bots trade");
  });
}

function replay(file: string): void {
  try {
    for (const decision of replayed(parseLooks(readFileSync(file, "utf8")), botsConfig()))
      process.stdout.write(`${JSON.stringify(decision)}\n`);
  } catch (error) {
    const isTheirs = error instanceof ConfigurationError || (error as NodeJS.ErrnoException).code === "ENOENT";
    if (!isTheirs) throw error;
    end((error as Error).message);
  }
}

function end(problem: string): never {
  process.stderr.write(`bots: ${problem}\n`);
  process.exit(1);
}
