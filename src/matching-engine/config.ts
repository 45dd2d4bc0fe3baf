import * as v from "valibot";
import { serviceSettings, sharedAssets } from "../shared/process/service-config.js";
import { flag, integer, readSettings } from "../shared/process/settings.js";
import { DEPTH_INTERVAL_MS } from "./depth-output.js";
import { SNAPSHOT_POLICY } from "./snapshotter.js";

const SETTINGS = v.object({
  ...serviceSettings("matching-engine"),
  traded: sharedAssets(),
  /** Least time between the starts of two batches. */
  batchIntervalMs: integer("ENGINE_BATCH_INTERVAL_MS", 0, { min: 0, max: 1000 }),
  /** How long to gather after the first message of a batch. */
  gatherMs: integer("ENGINE_GATHER_MS", 0, { min: 0, max: 100 }),
  snapshots: v.object({
    everyCommands: integer("ENGINE_SNAPSHOT_COMMANDS", SNAPSHOT_POLICY.everyCommands, { min: 1, max: 1e9 }),
    everyMs: integer("ENGINE_SNAPSHOT_INTERVAL_MS", SNAPSHOT_POLICY.everyMs, { min: 100, max: 86_400_000 }),
  }),
  /** Least time between two messages that tell what an asset's book shows. */
  depthIntervalMs: integer("ENGINE_DEPTH_INTERVAL_MS", DEPTH_INTERVAL_MS, { min: 1, max: 10_000 }),
  /** Whether it keeps copies of the engines that it is next in line for. */
  standsBy: flag("ENGINE_STANDBY", true),
});

export function readConfig(values?: NodeJS.ProcessEnv) {
  const { traded, ...config } = readSettings(SETTINGS, values);
  return Object.freeze({ ...config, ...traded });
}
