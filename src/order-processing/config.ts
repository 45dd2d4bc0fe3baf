import { type AssetRegistry, loadAssets } from "../shared/domain/assets.js";
import { ConfigurationError } from "../shared/domain/errors.js";
import { assetsToServe, type CommonConfig, commonConfig, Environment } from "../shared/process/config.js";
import type { TrimOptions } from "./trimmer.js";

export interface OrderProcessingConfig extends CommonConfig {
  readonly registry: AssetRegistry;
  readonly assets: readonly string[];
  /** Least time between the starts of two transactions. */
  readonly batchIntervalMs: number;
  /** Up to which it grows with the load. */
  readonly batchIntervalMaxMs: number;
  /** False: every order is taken as covered, and no money moves. For measuring what that costs. */
  readonly holdsFunds: boolean;
  readonly trim: TrimOptions;
}

export function readConfig(): OrderProcessingConfig {
  const env = new Environment();
  const common = commonConfig(env, "order-processing");
  const batchIntervalMs = env.integer("PROCESSING_BATCH_INTERVAL_MS", 8, { min: 0, max: 1000 });
  const batchIntervalMaxMs = env.integer("PROCESSING_BATCH_INTERVAL_MAX_MS", 20, { min: 0, max: 1000 });
  const holdsFunds = env.flag("PROCESSING_HOLD_FUNDS", true);
  const trim = {
    intervalMs: env.integer("TRIM_INTERVAL_MS", 60_000, { min: 100, max: 86_400_000 }),
    marginMessages: env.integer("TRIM_MARGIN_MESSAGES", 100_000, { min: 1, max: 1e12 }),
  };
  env.check();
  if (!holdsFunds && common.production)
    throw new ConfigurationError(
      "PROCESSING_HOLD_FUNDS is off: in production every order must be covered; leave it out",
    );
  const registry = loadAssets(common.assetsFile);
  return Object.freeze({
    ...common,
    registry,
    assets: assetsToServe(env, registry.assets),
    batchIntervalMs,
    batchIntervalMaxMs,
    holdsFunds,
    trim,
  });
}
