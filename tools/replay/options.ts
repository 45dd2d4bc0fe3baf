import { join } from "node:path";
import { readOptions } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";

export const HELP = `npm run replay -- --asset BTC-USD [options]: runs the logged commands again, and compares

  --from 1               the first command that counts; what comes before is only run
  --to <last>            the last command; default: all that there are
  --source commands      where commands are read: commands (the stream COMMANDS) or order-log (Postgres)
  --no-snapshot          run from the first command on, not from a snapshot before --from
  --export <file>        write the window to a file: the state before it, its commands, what was published
  --import <file>        run such a file again; needs no pipeline
  --data-dir <folder>    where endpoints.json of the pipeline is; default: NATS_URL and DATABASE_URL, or DATA_DIR
  --assets-file <file>   default: config/assets.json

Nothing is written to the pipeline. Exit code 0: all the same; 1: the first difference is shown; 2: it could not be run.`;

export interface ReplayOptions {
  readonly asset: string;
  readonly from: number;
  /** Infinity: all that there are. */
  readonly to: number;
  readonly source: "commands" | "order-log";
  readonly usesSnapshots: boolean;
  readonly exportFile: string | null;
  readonly importFile: string | null;
  /** Null: the environment says where. */
  readonly dataDir: string | null;
  readonly assetsFile: string;
  readonly isHelp: boolean;
}

/** Throws an Error with a text for people. */
export function parseOptions(args: readonly string[]): ReplayOptions {
  const { values } = readOptions({
    args: [...args],
    options: {
      asset: { type: "string" },
      from: { type: "string", default: "1" },
      to: { type: "string" },
      source: { type: "string", default: "commands" },
      "no-snapshot": { type: "boolean", default: false },
      export: { type: "string" },
      import: { type: "string" },
      "data-dir": { type: "string" },
      "assets-file": { type: "string", default: join(projectRoot, "config", "assets.json") },
      help: { type: "boolean", default: false },
    },
  });
  const { asset, source, help: isHelp, import: importFile } = values;
  const [from, to] = [
    sequenceOf("from", values.from),
    values.to === undefined ? Infinity : sequenceOf("to", values.to),
  ];
  if (from > to) throw new Error(`--from ${from} comes after --to ${to}`);
  if (source !== "commands" && source !== "order-log")
    throw new Error(`--source is ${source}; it must be commands or order-log`);
  if (asset === undefined && importFile === undefined && !isHelp) throw new Error("name an asset: --asset BTC-USD");
  return {
    asset: asset ?? "",
    from,
    to,
    source,
    usesSnapshots: !values["no-snapshot"],
    exportFile: values.export ?? null,
    importFile: importFile ?? null,
    dataDir: values["data-dir"] ?? null,
    assetsFile: values["assets-file"],
    isHelp,
  };
}

function sequenceOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Error(`--${name} is ${text}; it must be the number of a command, from 1`);
}
