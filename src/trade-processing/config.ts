import { type AssetRegistry, loadAssets } from "../shared/domain/assets.js";
import { assetsToServe, type CommonConfig, commonConfig, Environment } from "../shared/process/config.js";

export interface TradeProcessingConfig extends CommonConfig {
  readonly registry: AssetRegistry;
  readonly assets: readonly string[];
  /** Least time between the starts of two transactions. The last stage is not paced by default. */
  readonly batchIntervalMs: number;
  /** How long to gather after the first message of a batch. */
  readonly gatherMs: number;
}

export function readConfig(): TradeProcessingConfig {
  const env = new Environment();
  const common = commonConfig(env, "trade-processing");
  const batchIntervalMs = env.integer("SETTLEMENT_BATCH_INTERVAL_MS", 0, { min: 0, max: 1000 });
  const gatherMs = env.integer("SETTLEMENT_GATHER_MS", 0, { min: 0, max: 100 });
  env.check();
  const registry = loadAssets(common.assetsFile);
  return Object.freeze({ ...common, registry, assets: assetsToServe(env, registry.assets), batchIntervalMs, gatherMs });
}
