import * as v from "valibot";
import { serviceSettings, sharedAssets } from "../shared/process/service-config.js";
import { flag, integer, readSettings } from "../shared/process/settings.js";

const SETTINGS = v.pipe(
  v.object({
    ...serviceSettings("order-processing"),
    traded: sharedAssets(),
    /** Least time between the starts of two transactions, while there is little to do. */
    batchIntervalMs: integer("PROCESSING_BATCH_INTERVAL_MS", 8, { min: 0, max: 1000 }),
    /** The same under load: between the two it grows with the load. */
    batchIntervalMaxMs: integer("PROCESSING_BATCH_INTERVAL_MAX_MS", 20, { min: 0, max: 1000 }),
    /** False: every order counts as covered and no money moves. For measuring what holds cost. */
    holdsFunds: flag("PROCESSING_HOLD_FUNDS", true),
    trim: v.object({
      intervalMs: integer("TRIM_INTERVAL_MS", 60_000, { min: 100, max: 86_400_000 }),
      marginMessages: integer("TRIM_MARGIN_MESSAGES", 100_000, { min: 1, max: 1e12 }),
    }),
  }),
  v.partialCheck(
    [["batchIntervalMs"], ["batchIntervalMaxMs"]],
    ({ batchIntervalMs, batchIntervalMaxMs }) => batchIntervalMs <= batchIntervalMaxMs,
    "PROCESSING_BATCH_INTERVAL_MS must not be above PROCESSING_BATCH_INTERVAL_MAX_MS",
  ),
  v.partialCheck(
    [["holdsFunds"], ["production"]],
    ({ holdsFunds, production }) => holdsFunds || !production,
    "PROCESSING_HOLD_FUNDS is off: in production every order must be covered; leave it out",
  ),
);

export function readConfig(values?: NodeJS.ProcessEnv) {
  const { traded, ...config } = readSettings(SETTINGS, values);
  return Object.freeze({ ...config, ...traded });
}
