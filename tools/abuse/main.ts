import { join } from "node:path";
import { countOf, readOptions } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { startOwnPipeline } from "../load/own-pipeline.js";
import { targetOf } from "../load/target.js";
import { type AbuseResult, abuse } from "./abuse-run.js";
import { ATTACKS, type Attack } from "./attacks.js";
import { tableOf, writePage } from "./security-page.js";

const HELP = `npm run abuse -- [options]: attacks on a pipeline of this machine, with honest clients beside

  --attack all           which one, or several with commas between them; --list names them
  --seconds 10           how long each lasts
  --data-dir .data       attack the pipeline that runs there (with demo keys); default: one of its own
  --json                 one JSON line an attack instead of the table
  --write                put the table into docs/security.md
  --list                 what there is

Connections, bytes and time of each attack are bounded, and it goes to the loopback interface only.
Exit codes: 0 honest clients saw nothing of it, 1 they did, 2 it could not be found out.`;

const EXIT_HARMED = 1;
const EXIT_UNKNOWN = 2;

const { values } = readOptions({
  options: {
    attack: { type: "string", default: "all" },
    seconds: { type: "string", default: "10" },
    "data-dir": { type: "string" },
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((known) => known.name === name);
  if (attack !== undefined) return attack;
  throw new Error(`--attack names ${name}; known are all, ${ATTACKS.map((known) => known.name).join(", ")}`);
}

async function run(attacks: readonly Attack[], seconds: number): Promise<number> {
  const given = values["data-dir"];
  const own = given === undefined ? await startOwnPipeline() : null;
  const dataDir = own?.dataDir ?? join(projectRoot, given ?? ".data");
  const attacked = { target: own?.target ?? targetOf(dataDir), dataDir };
  const results: AbuseResult[] = [];
  try {
    for (const attack of attacks) {
      process.stderr.write(`${attack.name}: ${attack.how}\n`);
      const result = await abuse(attack, attacked, seconds);
      process.stderr.write(`  ${result.did}; ${result.broken.join("; ") || "holds"}\n`);
      results.push(result);
      if (values.json)
        console.log(JSON.stringify({ ...result, attack: attack.name, refused: [...result.seen.refused] }));
    }
  } finally {
    await own?.stop();
  }
  if (!values.json) console.log(tableOf(results));
  if (values.write) writePage(results, seconds);
  return results.every(({ broken }) => broken.length === 0) ? 0 : EXIT_HARMED;
}

try {
  if (values.help) console.log(HELP);
  else if (values.list) for (const { name, how } of ATTACKS) console.log(`${name.padEnd(20)} ${how}`);
  else {
    const attacks = values.attack === "all" ? ATTACKS : values.attack.split(",").map(attackNamed);
    process.exitCode = await run(attacks, countOf("seconds", values.seconds, 600));
  }
} catch (error) {
  console.error(`abuse: ${(error as Error).message}`);
  process.exitCode = EXIT_UNKNOWN;
}
