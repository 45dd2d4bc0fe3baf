import * as v from "valibot";
import { databaseToLookAt } from "../shared/process/endpoints.js";
import { registry, serviceSettings } from "../shared/process/service-config.js";
import { integer, readSettings } from "../shared/process/settings.js";
import { PASS_LIMITS } from "./pass.js";

/** A third of a core at most: what 2,000 orders a second bring takes a quarter of one. */
const REST_FACTOR = 2;

const SETTINGS = v.object({
  ...serviceSettings("reconciliation"),
  registry: registry(),
  /** Between the starts of two passes, when they are short. */
  intervalMs: integer("RECONCILE_INTERVAL_MS", 60_000, { min: 100, max: 86_400_000 }),
});

/** Of the service, which looks all the time; it rests `restFactor` times as long as a statement took. */
export function serviceConfig() {
  return Object.freeze({ ...readSettings(SETTINGS), restFactor: REST_FACTOR, limits: PASS_LIMITS });
}

/** Of the command, which looks once. */
export function commandConfig() {
  return Object.freeze({ databaseUrl: databaseToLookAt() });
}
