import { join } from "node:path";
import { commandLine, textOption, WrongOption, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";

const ASSETS_FILE = join(projectRoot, "config", "assets.json");
const AFTER = `
Nothing is written to the pipeline. Exit code 0: all the same; 1: the first difference is shown; 2: it could not be run.`;

export type ReplayOptions = ReturnType<typeof parseOptions>;

/** Throws WrongOption. */
export function parseOptions(args: readonly string[]) {
  const source = textOption("--source <where>", "where commands are read: the stream COMMANDS, or Postgres");
  const options = commandLine("replay", "Runs the logged commands of an asset again, and compares.")
    .option("--asset <name>", "such as BTC-USD")
    .option("--from <command>", "the first command that counts; what comes before is only run", whole(), 1)
    .option("--to <command>", "the last command; default: all that there are", whole())
    .addOption(source.choices(["commands", "stored-commands"] as const).default("commands" as const))
    .option("--no-snapshot", "run from the first command on, not from a snapshot before --from")
    .option("--export <file>", "write the window to a file: the state before it, its commands, what was published")
    .option("--import <file>", "run such a file again; needs no pipeline")
    .option("--data-dir <folder>", "where endpoints.json is; default: NATS_URL and DATABASE_URL, or DATA_DIR")
    .option("--assets-file <file>", "what is traded, and how", ASSETS_FILE)
    .addHelpText("after", AFTER)
    .parse(args, { from: "user" })
    .opts();
  const { asset = "", from, to = Infinity, snapshot: usesSnapshots } = options;
  if (from > to) throw new WrongOption(`--from ${from} comes after --to ${to}`);
  if (asset === "" && options.import === undefined) throw new WrongOption("name an asset: --asset BTC-USD");
  return { ...options, asset, to, usesSnapshots, exportFile: options.export ?? null };
}
