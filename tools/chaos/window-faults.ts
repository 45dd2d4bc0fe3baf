/** Processes that die at a row of the crash-window table (docs/arch.md), under load, at some call of many. */
import { join } from "node:path";
import { projectRoot, type ServiceName } from "../../src/shared/process/config.js";
import { type Fault, within } from "./fault.js";

/** A call of a method, and on which side of it the process dies. */
export interface KillPoint {
  /** The compiled file that it is in. */
  readonly module: string;
  readonly owner: string;
  readonly method: string;
  /** "logged": when the call's last argument is to be told of a log id. */
  readonly moment: "before" | "meanwhile" | "after" | "logged";
  /** Only calls with an item that has this field. */
  readonly having?: string;
}

/** At which of the calls from now on, and how long after its start ("meanwhile"). */
export interface KillOrder extends KillPoint {
  readonly calls: number;
  readonly delayMs: number;
}

const KILL_POINT = join(projectRoot, "tools", "chaos", "kill-point.mjs");
const CALLS_SPREAD = 50;
/** A commit or a snapshot takes a few milliseconds. */
const DELAY_MS_SPREAD = 5;
const DIES_WITHIN_MS = 60_000;

/** For every process of the world; snapshots come often enough to die of them. */
export const WINDOW_SETTINGS = {
  NODE_OPTIONS: `--import=${KILL_POINT}`,
  ENGINE_SNAPSHOT_COMMANDS: "1000",
  ENGINE_SNAPSHOT_INTERVAL_MS: "2000",
} as const;

const inFile = (...path: string[]) => join(projectRoot, "dist", ...path);
const SUBMIT = { module: inFile("order-handler", "batcher.js"), owner: "Batcher", method: "submit" } as const;
const APPEND = {
  module: inFile("order-processing", "order-log-store.js"),
  owner: "OrderLogStore",
  method: "append",
} as const;
const PUBLISH = { module: inFile("shared", "fenced-output.js"), owner: "FencedOutput", method: "publish" } as const;
const SNAPSHOT = {
  module: inFile("matching-engine", "snapshot-store.js"),
  owner: "SnapshotStore",
  method: "store",
} as const;
const SETTLE = { module: inFile("trade-processing", "trade-store.js"), owner: "TradeStore", method: "store" } as const;

function window(
  service: ServiceName,
  name: string,
  where: string,
  point: KillPoint,
  callsSpread = CALLS_SPREAD,
): Fault {
  const isIntake = service === "order-handler";
  return {
    name: `window-${service}-${name}`,
    how: `${service} dies (SIGKILL) ${where}`,
    meanwhile: isIntake ? "connections break" : "reports wait",
    measure: isIntake ? "ack" : "report",
    recoversWithinMs: 60_000,
    lastsMs: 500,
    longTimes: 50,
    settings: WINDOW_SETTINGS,
    inject: async (world, random) => {
      const order = { ...point, calls: 1 + random(callsSpread), delayMs: random(DELAY_MS_SPREAD) };
      await within(DIES_WITHIN_MS, `${service} before it died ${where}`, world.process(service).dieAt(order));
      world.load.recovery.mark();
    },
  };
}

export const WINDOW_FAULTS: readonly Fault[] = [
  window("order-handler", "before-publish", "before it publishes requests", { ...SUBMIT, moment: "before" }),
  window("order-handler", "before-ack", "after its publish, before ACK", { ...SUBMIT, moment: "logged" }),
  window("order-processing", "before-commit", "before it commits", { ...APPEND, moment: "before" }),
  window("order-processing", "around-commit", "around its commit", { ...APPEND, moment: "meanwhile" }),
  window("order-processing", "after-commit", "after its commit, before it publishes", { ...APPEND, moment: "after" }),
  window("order-processing", "after-publish", "after it published commands", { ...PUBLISH, moment: "after" }),
  window(
    "order-processing",
    "after-action",
    "after it wrote the commands of an action, before it publishes",
    { ...APPEND, moment: "after", having: "actionIds" },
    2,
  ),
  window("matching-engine", "before-publish", "before it publishes events", { ...PUBLISH, moment: "before" }),
  window("matching-engine", "after-publish", "after it published events", { ...PUBLISH, moment: "after" }),
  window("matching-engine", "in-snapshot", "while it stores a snapshot", { ...SNAPSHOT, moment: "meanwhile" }, 10),
  window(
    "matching-engine",
    "after-snapshot",
    "after storing a snapshot, before removing the oldest",
    { ...SNAPSHOT, moment: "after" },
    10,
  ),
  window("trade-processing", "before-commit", "before it commits", { ...SETTLE, moment: "before" }),
  window("trade-processing", "around-commit", "around its commit", { ...SETTLE, moment: "meanwhile" }),
  window("trade-processing", "after-commit", "after its commit, before it notifies", { ...SETTLE, moment: "after" }),
];

const SHORT = ["order-handler-before-ack", "order-processing-after-commit", "matching-engine-after-publish"];

export const SHORT_WINDOW_FAULTS: readonly Fault[] = WINDOW_FAULTS.filter(({ name }) =>
  SHORT.some((short) => name.endsWith(short)),
);
