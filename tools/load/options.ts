import { join } from "node:path";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { commandLine, someOf, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { LoadOptions } from "./load-run.js";
import { chosenTarget } from "./target.js";

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
    accounts: ["random1", "random2"],
    isText: options.text === true,
    withClientOrderIds: options.clientOrderIds === true,
    withReports: options.reports,
    seed: options.seed,
  };
  return { ...options, load, target: () => chosenTarget(options) };
}

function parsed(args: readonly string[]) {
  return commandLine("load", "Open-loop load on a running pipeline of this machine.")
    .option("--rate <orders>", "orders a second over all connections", whole({ to: 100_000 }), 1_000)
    .option("--seconds <seconds>", "measured time", whole({ to: 600 }), 20)
    .option("--warmup <seconds>", "before it, not measured", whole({ from: 0, to: 60 }), 3)
    .option("--connections <count>", "TCP sessions, half of random1 (buys), half of random2", whole({ to: 1_000 }), 50)
    .option("--assets <names>", "with commas between them", "all")
    .option("--assets-file <file>", "what is traded, and how", ASSETS_FILE)
    .option("--text", "the text dialect; default: binary")
    .option("--client-order-ids", "give every order one")
    .option("--no-reports", "don't listen to the notifier")
    .option("--seed <number>", "the same seed sends the same orders", whole({ from: 0, to: 2 ** 31 }), 1)
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
