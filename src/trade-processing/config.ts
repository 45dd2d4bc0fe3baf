import * as v from "valibot";
import { serviceSettings, sharedAssets } from "../shared/process/service-config.js";
import { integer, readSettings } from "../shared/process/settings.js";

const SETTINGS = v.object({
  ...serviceSettings("trade-processing"),
  traded: sharedAssets(),
  /** Least time between the starts of two transactions; 0 by default, because nothing comes after this stage. */
  batchIntervalMs: integer("SETTLEMENT_BATCH_INTERVAL_MS", 0, { min: 0, max: 1000 }),
  /** How long to gather after the first message of a batch. */
  gatherMs: integer("SETTLEMENT_GATHER_MS", 0, { min: 0, max: 100 }),
});

export function readConfig(values?: NodeJS.ProcessEnv) {
  const { traded, ...config } = readSettings(SETTINGS, values);
  return Object.freeze({ ...config, ...traded });
}
