import { type AssetRegistry, loadAssets } from "../shared/domain/assets.js";
import { type CommonConfig, commonConfig, databaseToLookAt, Environment } from "../shared/process/config.js";
import { PASS_LIMITS, type PassLimits } from "./pass.js";

/** A third of a core at most: what 2,000 orders a second bring takes a quarter of one. */
const REST_FACTOR = 2;

/** Of the service, which looks all the time. */
export interface ReconciliationConfig extends CommonConfig {
  readonly registry: AssetRegistry;
  /** Between the starts of two passes, when they are short. */
  readonly intervalMs: number;
  /** It rests so many times as long as a statement took. */
  readonly restFactor: number;
  readonly limits: PassLimits;
}

export function serviceConfig(): ReconciliationConfig {
  const env = new Environment();
  const common = commonConfig(env, "reconciliation");
  const intervalMs = env.integer("RECONCILE_INTERVAL_MS", 60_000, { min: 100, max: 86_400_000 });
  env.check();
  return Object.freeze({
    ...common,
    registry: loadAssets(common.assetsFile),
    intervalMs,
    restFactor: REST_FACTOR,
    limits: PASS_LIMITS,
  });
}

/** Of the command, which looks once. */
export interface CommandConfig {
  readonly databaseUrl: string;
}

export function commandConfig(): CommandConfig {
  return Object.freeze({ databaseUrl: databaseToLookAt(new Environment()) });
}
