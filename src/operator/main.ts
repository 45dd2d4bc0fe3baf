/** `npm run account`, `asset`, `stop-all`, `status`, `trace`, `metrics` and `promote`: the operators' commands for a pipeline, running or not. */

import { connectDatabase } from "../shared/database/database.js";
import { ConfigurationError, DeadlineExceeded } from "../shared/domain/errors.js";
import { orderId } from "../shared/domain/units.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import { serversToLookAt } from "../shared/process/endpoints.js";
import { createLogger } from "../shared/process/log.js";
import { commandLine, WrongOption, whole } from "../shared/process/options.js";
import { visible } from "../shared/process/visible-text.js";
import { ACCOUNT } from "./account-program.js";
import { actorOf } from "./actor.js";
import { ASSET } from "./asset-program.js";
import { parse } from "./command-line.js";
import { operatorConfig } from "./config.js";
import { runMetrics } from "./metrics-program.js";
import { runPromote } from "./promote-program.js";
import { showStatus } from "./status-program.js";
import { STOP } from "./stop-program.js";
import { stepsOf, TRACE_HELP, TRACE_SUMMARY, traceText } from "./trace.js";
import { readOrder } from "./trace-readings.js";

const CONNECT_DEADLINE_MS = 5_000;

const [name, ...args] = process.argv.slice(2);
const program = [ACCOUNT, ASSET, STOP].find((known) => known.name === name);
const log = createLogger("operator", "silent");

async function run(): Promise<void> {
  if (name === "status") return await showStatus(args, log);
  if (name === "metrics") return await runMetrics(args);
  if (name === "promote") return await runPromote(args, log);
  if (name === "trace") return await showTrace();
  if (program === undefined)
    throw new WrongOption("it is npm run account, asset, stop-all, status, trace, metrics or promote");
  const parsed = parse(program, args);
  const config = operatorConfig();
  const options = { applicationName: "operator", log };
  const database = await connectDatabase(config.databaseUrl, options, CONNECT_DEADLINE_MS);
  try {
    const { command, words, options: given, isJson } = parsed;
    const actor = await actorOf(database, config);
    const { text, json } = await command.run({ database, actor, keySeal: config.keySeal, words, options: given });
    process.stdout.write(`${isJson ? JSON.stringify(json) : text}\n`);
  } finally {
    await database.close();
  }
}

async function showTrace(): Promise<void> {
  const line = commandLine("trace", TRACE_SUMMARY)
    .argument("<asset>", "of the order, for example BTC-USD")
    .argument("<order-id>", "what its ACK said", whole())
    .option("--json", "print one JSON object")
    .addHelpText("after", TRACE_HELP)
    .parse(args, { from: "user" });
  const [asset, id] = line.processedArgs;
  const readings = await readOrder(serversToLookAt(), asset, orderId(id), log);
  const json = { asset, orderId: id, steps: stepsOf(readings) };
  process.stdout.write(`${line.opts().json ? JSON.stringify(json) : traceText(readings)}\n`);
}

try {
  await run();
} catch (error) {
  const isOurs = [RefusedToOperator, WrongOption, ConfigurationError, DeadlineExceeded].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(
    `${name ?? "operator"}: ${isOurs ? visible((error as Error).message) : ((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = error instanceof WrongOption ? 2 : 1;
}
