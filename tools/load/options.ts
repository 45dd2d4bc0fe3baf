import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { readOptions } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { LoadOptions } from "./load-run.js";
import { checkLoopback, type Target, targetOf } from "./target.js";

export const HELP = `npm run load -- [options]: open-loop load on a running pipeline of this machine

  --rate 1000            orders a second over all connections
  --seconds 20           measured time; before it --warmup 3 seconds that are not measured
  --connections 50       TCP sessions, half of them random1 (buys), half random2 (sells)
  --assets BTC-USD,...   default: all
  --text                 the text dialect; default: binary
  --client-order-ids     give every order one
  --no-reports           don't listen to the notifier
  --seed 1               the same seed sends the same orders
  --json                 one JSON line instead of tables
  --data-dir .data       where endpoints.json of the pipeline is (default: DATA_DIR); or --host and --port [--notifier url]
  --tls                  the order-handler speaks TLS; with endpoints.json that is known
  --ca <file>            trust the certificates that this one (PEM) has signed
  --handler-only         start NATS, Postgres and an order-handler for this run, nothing else
  --figures              start a pipeline of its own and measure all figures of bench/README.md (npm run bench:pipeline)
  --runs 3               runs a figure, of which the median counts
  --only <text>          only the figures whose name holds the text`;

export interface CommandLine {
  readonly load: LoadOptions;
  readonly target: () => Target;
  readonly isJson: boolean;
  readonly isHandlerOnly: boolean;
  readonly isFigures: boolean;
  readonly isHelp: boolean;
  readonly runs: number;
  readonly only: string;
}

/** Throws an Error with a text for people. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = readOptions({
    args: [...args],
    options: {
      rate: { type: "string", default: "1000" },
      seconds: { type: "string", default: "20" },
      warmup: { type: "string", default: "3" },
      connections: { type: "string", default: "50" },
      assets: { type: "string" },
      "assets-file": { type: "string", default: join(projectRoot, "config", "assets.json") },
      text: { type: "boolean", default: false },
      "client-order-ids": { type: "boolean", default: false },
      "no-reports": { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      "data-dir": { type: "string", default: process.env["DATA_DIR"] ?? join(projectRoot, ".data") },
      host: { type: "string" },
      port: { type: "string" },
      notifier: { type: "string" },
      tls: { type: "boolean", default: false },
      ca: { type: "string" },
      "handler-only": { type: "boolean", default: false },
      figures: { type: "boolean", default: false },
      runs: { type: "string", default: "3" },
      only: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  const number = (name: "rate" | "seconds" | "warmup" | "connections" | "seed" | "runs", min: number, max: number) => {
    const value = Number(values[name]);
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    throw new Error(`--${name} is ${values[name]}; it must be a number from ${min} to ${max}`);
  };
  return {
    load: {
      ratePerSecond: number("rate", 1, 100_000),
      seconds: number("seconds", 1, 600),
      warmupSeconds: number("warmup", 0, 60),
      connections: Math.round(number("connections", 1, 1_000)),
      assets: chosenAssets(values["assets-file"], values.assets),
      accounts: ["random1", "random2"],
      isText: values.text,
      withClientOrderIds: values["client-order-ids"],
      withReports: !values["no-reports"],
      seed: Math.round(number("seed", 0, 2 ** 31)),
    },
    target: () => {
      const trust = values.ca === undefined ? {} : { ca: readFileSync(values.ca) };
      if (values.host === undefined && values.port === undefined) return { ...targetOf(values["data-dir"]), ...trust };
      const address = { host: values.host ?? "127.0.0.1", port: Number(values.port ?? "7001") };
      const orderHandler = values.tls ? { ...address, tls: true as const } : address;
      const notifierUrl = values.notifier ?? null;
      return checkLoopback({ orderHandler, notifierUrl, databaseUrl: null, natsUrl: null, services: [], ...trust });
    },
    isJson: values.json,
    isHandlerOnly: values["handler-only"],
    isFigures: values.figures,
    isHelp: values.help,
    runs: Math.round(number("runs", 1, 9)),
    only: values.only,
  };
}

function chosenAssets(file: string, chosen: string | undefined): LoadOptions["assets"] {
  const { assets } = loadAssets(file);
  if (chosen === undefined) return [...assets.values()];
  return chosen.split(",").map((name) => {
    const asset = assets.get(name);
    if (asset === undefined) throw new Error(`--assets names ${name}; known are ${[...assets.keys()].join(", ")}`);
    return asset;
  });
}
