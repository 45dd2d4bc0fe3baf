/** Processes that die at a row of the crash-window table (docs/arch.md), under load, at some call of many. */
import { join } from "node:path";
import { projectRoot } from "../../src/shared/process/project-root.js";
import type { ServiceName } from "../../src/shared/process/services.js";
import { within } from "./deadline.js";
import type { Fault } from "./fault.js";
import { KILLABLE, type KillPoint } from "./kill-points.js";

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

const { submit, append, publish, storeSnapshot, settle } = KILLABLE;

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
  window("order-handler", "before-publish", "before it publishes requests", { ...submit, moment: "before" }),
  window("order-handler", "before-ack", "after its publish, before ACK", { ...submit, moment: "logged" }),
  window("order-processing", "before-commit", "before it commits", { ...append, moment: "before" }),
  window("order-processing", "around-commit", "around its commit", { ...append, moment: "meanwhile" }),
  window("order-processing", "after-commit", "after its commit, before it publishes", { ...append, moment: "after" }),
  window("order-processing", "after-publish", "after it published commands", { ...publish, moment: "after" }),
  window(
    "order-processing",
    "after-action",
    "after it wrote the commands of an action, before it publishes",
    { ...append, moment: "after", having: "actionIds" },
    2,
  ),
  window("matching-engine", "before-publish", "before it publishes events", { ...publish, moment: "before" }),
  window("matching-engine", "after-publish", "after it published events", { ...publish, moment: "after" }),
  window("matching-engine", "in-snapshot", "while it stores a snapshot", { ...storeSnapshot, moment: "meanwhile" }, 10),
  window(
    "matching-engine",
    "after-snapshot",
    "after storing a snapshot, before removing the oldest",
    { ...storeSnapshot, moment: "after" },
    10,
  ),
  window("trade-processing", "before-commit", "before it commits", { ...settle, moment: "before" }),
  window("trade-processing", "around-commit", "around its commit", { ...settle, moment: "meanwhile" }),
  window("trade-processing", "after-commit", "after its commit, before it notifies", { ...settle, moment: "after" }),
];

const SHORT = ["order-handler-before-ack", "order-processing-after-commit", "matching-engine-after-publish"];

export const SHORT_WINDOW_FAULTS: readonly Fault[] = WINDOW_FAULTS.filter(({ name }) =>
  SHORT.some((short) => name.endsWith(short)),
);
