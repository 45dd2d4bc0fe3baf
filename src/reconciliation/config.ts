import * as v from "valibot";
import { backupFolder, databaseToLookAt, serversToLookAt } from "../shared/process/endpoints.js";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { integer, readSettings } from "../shared/process/settings.js";
import { PASS_LIMITS } from "./pass.js";

/** Rests of twice the work: a third of a core at most. 2,000 orders a second need a quarter of one. */
const REST_FACTOR = 2;

const SETTINGS = v.object({
  ...serviceSettings("reconciliation"),
  registry: registry(),
  backupFolder: backupFolder(),
  /** The time between the starts of two passes; longer passes follow one another after a rest. */
  intervalMs: integer("RECONCILE_INTERVAL_MS", 60_000, { min: 100, max: 86_400_000 }),
});

/** The settings of the service, which runs pass after pass and rests `restFactor` times as long as each statement took. */
export function serviceConfig(values?: NodeJS.ProcessEnv) {
  return Object.freeze({ ...readSettings(SETTINGS, values), restFactor: REST_FACTOR, limits: PASS_LIMITS });
}

/** The settings of `npm run retention`. */
export function retentionConfig(values?: NodeJS.ProcessEnv) {
  return Object.freeze({ ...serversToLookAt(values), ...readSettings(v.object({ registry: registry() }), values) });
}

/** The settings of `npm run reconcile`. */
export function commandConfig() {
  return Object.freeze({ databaseUrl: databaseToLookAt() });
}
