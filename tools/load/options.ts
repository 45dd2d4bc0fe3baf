import { join } from "node:path";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { commandLine, positive, someOf, textOption, WrongOption, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { namesOf } from "./load-accounts.js";
import type { LoadOptions } from "./load-run.js";
import type { Objective } from "./objectives.js";
import { MIXES, type MixName } from "./order-flow.js";
import { chosenTarget } from "./target.js";

const USUAL_BURST = 100;
const MIX_NAMES = Object.keys(MIXES) as MixName[];
const ASSETS_FILE = join(projectRoot, "config", "assets.json");
const DATA_DIR = process.env["DATA_DIR"] ?? join(projectRoot, ".data");

export type CommandLine = ReturnType<typeof parseCommandLine>;

/** Throws WrongOption, or another Error with a text for people. */
export function parseCommandLine(args: readonly string[]) {
  const options = parsed(args);
  const { assets } = loadAssets(options.assetsFile);
  const load: LoadOptions = {
    ratePerSecond: options.rate,
    seconds: options.seconds,
    warmupSeconds: options.warmup,
    connections: options.connections,
    assets: someOf([...assets.values()], ({ asset }) => asset)(options.assets),
    accounts: namesOf(accountsOf(options)),
    isText: options.text === true,
    withClientOrderIds: options.clientOrderIds === true,
    withReports: options.reports,
    seed: options.seed,
    mix: options.mix,
    processes: options.processes,
    ...(options.ramp === undefined ? {} : { rampFromPerSecond: rampFrom(options.ramp, options.rate) }),
    ...(options.burst === undefined ? {} : { burst: options.burst === true ? USUAL_BURST : options.burst }),
  };
  if (load.connections < load.accounts.length)
    throw new WrongOption(
      `${load.accounts.length} accounts need a session each: --connections ${load.accounts.length}`,
    );
  return { ...options, load, objectives: objectivesOf(options), target: () => chosenTarget(options) };
}

/** Each process has its own, one that buys and one that sells at least. */
function accountsOf({ accounts, processes }: ReturnType<typeof parsed>): number {
  const least = 2 * processes;
  if ((accounts ?? least) >= least) return accounts ?? least;
  throw new WrongOption(`${processes} processes need two accounts each: --accounts ${least}`);
}

function rampFrom(from: number | true, ratePerSecond: number): number {
  const start = from === true ? Math.max(1, Math.round(ratePerSecond / 10)) : from;
  if (start < ratePerSecond) return start;
  throw new WrongOption(`--ramp ${start} is no rise to --rate ${ratePerSecond}`);
}

function objectivesOf(options: ReturnType<typeof parsed>): Objective[] {
  const { ackP50Ms, ackP99Ms, ackP999Ms, reportP99Ms } = options;
  const all = [
    { name: "ack-p50-ms", of: "acknowledged", percentile: "p50", limitMs: ackP50Ms },
    { name: "ack-p99-ms", of: "acknowledged", percentile: "p99", limitMs: ackP99Ms },
    { name: "ack-p999-ms", of: "acknowledged", percentile: "p999", limitMs: ackP999Ms },
    { name: "report-p99-ms", of: "reported", percentile: "p99", limitMs: reportP99Ms },
  ] as const;
  return all.flatMap(({ limitMs, ...rest }) => (limitMs === undefined ? [] : [{ ...rest, limitMs }]));
}

function parsed(args: readonly string[]) {
  return commandLine("load", "Open-loop load on a running pipeline of this machine.")
    .option("--rate <orders>", "orders a second over all connections", whole({ to: 100_000 }), 1_000)
    .option("--seconds <seconds>", "measured time", whole({ to: 600 }), 20)
    .option("--warmup <seconds>", "before it, not measured", whole({ from: 0, to: 60 }), 3)
    .option(
      "--ramp [orders]",
      "rise evenly to --rate from so many a second; default: a tenth of it",
      whole({ to: 100_000 }),
    )
    .option(
      "--burst [orders]",
      `so many leave at once, at the same rate on average; default: ${USUAL_BURST}`,
      whole({ to: 10_000 }),
    )
    .addOption(
      textOption("--mix <name>", "which commands: docs/testing.md")
        .choices(MIX_NAMES)
        .default("plain" as const),
    )
    .option(
      "--accounts <count>",
      "half of them buy, half sell; more than 2 are made, in development; default: 2 a process",
      whole({ from: 2, to: 500 }),
    )
    .option(
      "--processes <count>",
      "generator processes, among which rate, accounts and connections are shared out",
      whole({ to: 64 }),
      1,
    )
    .option("--connections <count>", "TCP sessions, shared out among the accounts", whole({ to: 1_000 }), 50)
    .option("--assets <names>", "with commas between them", "all")
    .option("--assets-file <file>", "what is traded, and how", ASSETS_FILE)
    .option("--text", "the text dialect; default: binary")
    .option("--client-order-ids", "give every order one")
    .option("--no-reports", "don't listen to the notifier")
    .option("--seed <number>", "the same seed sends the same orders", whole({ from: 0, to: 2 ** 31 }), 1)
    .option("--ack-p50-ms <ms>", "exit 1 unless half of the orders are acknowledged within it", positive)
    .option("--ack-p99-ms <ms>", "the same of 99 of 100", positive)
    .option("--ack-p999-ms <ms>", "the same of 999 of 1,000", positive)
    .option("--report-p99-ms <ms>", "the same, from the order to its report", positive)
    .option("--find-limit", "search the highest rate that meets the objectives, from --rate on, each for --seconds")
    .addOption(textOption("--out <folder>", "write result.json, latency.html and .hgrm files there"))
    .option(
      "--compare <files...>",
      "two result.json files in one picture (comparison.html in --out); sends nothing",
      (file, before: readonly string[]) => [...before, file],
      [] as readonly string[],
    )
    .option("--json", "one JSON line instead of tables")
    .option("--data-dir <folder>", "where endpoints.json of the pipeline is", DATA_DIR)
    .option("--host <name>", "of the order-handler, where there is no endpoints.json")
    .option("--port <number>", "its port; default: 7001", whole({ to: 65_535 }))
    .option("--notifier <url>", "the notifier beside --host and --port")
    .option("--tls", "the order-handler speaks TLS; with endpoints.json that is known")
    .option("--allow-remote", "another machine than this one may be put under load: you have asked its owner")
    .option("--ca <file>", "trust the certificates that this one (PEM) has signed")
    .option("--handler-only", "start NATS, Postgres and an order-handler for this run, nothing else")
    .option("--figures", "start a pipeline of its own, measure all figures of bench/README.md (npm run bench:pipeline)")
    .option("--runs <count>", "runs a figure, of which the median counts", whole({ to: 9 }), 3)
    .option("--only <text>", "only the figures whose name holds the text")
    .parse(args, { from: "user" })
    .opts();
}
