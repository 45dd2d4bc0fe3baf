import { join } from "node:path";
import { commandLine, someOf, textOption, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { startOwnPipeline } from "../load/own-pipeline.js";
import { targetOf } from "../load/target.js";
import { type AbuseResult, abuse } from "./abuse-run.js";
import { ATTACKS } from "./attacks.js";
import { tableOf, writePage } from "./security-page.js";

const QUIET_MS = 4_000;
const EXIT_HARMED = 1;
const EXIT_UNKNOWN = 2;

const AFTER = `
Connections, bytes and time of each attack are bounded, and it goes to the loopback interface only.
Exit codes: 0 honest clients saw nothing of it, 1 they did, 2 it could not be found out.`;

/** Throws WrongOption. */
function parseCommandLine(args: readonly string[]) {
  const attack = textOption("--attack <names>", "which one, or several with commas between them");
  const names = someOf(ATTACKS, ({ name }) => name);
  return commandLine("abuse", "Attacks on a pipeline of this machine, with honest clients beside.")
    .addOption(attack.argParser(names).default(ATTACKS, "all"))
    .option("--seconds <seconds>", "how long each lasts", whole({ to: 600 }), 10)
    .option("--data-dir <folder>", "attack the pipeline that runs there (with demo keys); default: one of its own")
    .option("--json", "one JSON line an attack instead of the table")
    .option("--write", "put the table into docs/security.md")
    .option("--list", "what there is")
    .addHelpText("after", AFTER)
    .parse(args, { from: "user" })
    .opts();
}

async function run(options: ReturnType<typeof parseCommandLine>): Promise<number> {
  const { attack: attacks, seconds, dataDir: given, json, write } = options;
  const own = given === undefined ? await startOwnPipeline() : null;
  const dataDir = own?.dataDir ?? join(projectRoot, given ?? ".data");
  const attacked = { target: own?.target ?? targetOf(dataDir), dataDir };
  const results: AbuseResult[] = [];
  try {
    for (const attack of attacks) {
      process.stderr.write(`${attack.name}: ${attack.how}\n`);
      const result = await abuse(attack, attacked, { attackMs: seconds * 1_000, quietMs: QUIET_MS });
      process.stderr.write(`  ${result.did}; ${[...result.broken, ...result.slow].join("; ") || "holds"}\n`);
      results.push(result);
      if (json) console.log(JSON.stringify({ ...result, attack: attack.name, refused: [...result.seen.refused] }));
    }
  } finally {
    await own?.stop();
  }
  if (!json) console.log(tableOf(results));
  if (write) writePage(results, seconds);
  return results.every(({ broken, slow }) => broken.length + slow.length === 0) ? 0 : EXIT_HARMED;
}

try {
  const options = parseCommandLine(process.argv.slice(2));
  if (options.list) for (const { name, how } of ATTACKS) console.log(`${name.padEnd(20)} ${how}`);
  else process.exitCode = await run(options);
} catch (error) {
  console.error(`abuse: ${(error as Error).message}`);
  process.exitCode = EXIT_UNKNOWN;
}
