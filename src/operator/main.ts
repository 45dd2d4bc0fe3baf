/** `npm run account` and `npm run asset`: what operators may do to a pipeline, running or not. */

import { connectDatabase } from "../shared/database.js";
import { ConfigurationError, DeadlineExceeded } from "../shared/errors.js";
import { createLogger } from "../shared/log.js";
import { ACCOUNT } from "./account-program.js";
import { actorOf } from "./actor.js";
import { ASSET } from "./asset-program.js";
import { parse, RefusedToOperator, WrongUsage } from "./command-line.js";
import { operatorConfig } from "./config.js";

const CONNECT_DEADLINE_MS = 5_000;

const [name, ...args] = process.argv.slice(2);
const program = [ACCOUNT, ASSET].find((known) => known.name === name);

async function run(): Promise<void> {
  if (program === undefined) throw new WrongUsage("it is npm run account or npm run asset");
  const parsed = parse(program, args);
  if (typeof parsed === "string") return print(parsed);
  const config = operatorConfig();
  const options = { applicationName: "operator", log: createLogger("operator", "silent") };
  const database = await connectDatabase(config.databaseUrl, options, CONNECT_DEADLINE_MS);
  try {
    const { command, words, options: given, isJson } = parsed;
    const actor = await actorOf(database, config);
    const { text, json } = await command.run({ database, actor, words, options: given });
    print(isJson ? JSON.stringify(json) : text);
  } finally {
    await database.close();
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await run();
} catch (error) {
  const isOurs = [RefusedToOperator, WrongUsage, ConfigurationError, DeadlineExceeded].some(
    (kind) => error instanceof kind,
  );
  process.stderr.write(
    `${name ?? "operator"}: ${isOurs ? (error as Error).message : ((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = error instanceof WrongUsage ? 2 : 1;
}
