import { type AssetRegistry, loadAssets } from "../shared/domain/assets.js";
import { assetsToServe, type CommonConfig, commonConfig, Environment } from "../shared/process/config.js";
import { SNAPSHOT_POLICY, type SnapshotPolicy } from "./snapshotter.js";

export interface MatchingEngineConfig extends CommonConfig {
  readonly registry: AssetRegistry;
  readonly assets: readonly string[];
  /** Least time between the starts of two batches. */
  readonly batchIntervalMs: number;
  /** How long to gather after the first message of a batch. */
  readonly gatherMs: number;
  readonly snapshots: SnapshotPolicy;
  /** Follows the engines that it is next in line for. */
  readonly standsBy: boolean;
}

export function readConfig(): MatchingEngineConfig {
  const env = new Environment();
  const common = commonConfig(env, "matching-engine");
  const batchIntervalMs = env.integer("ENGINE_BATCH_INTERVAL_MS", 0, { min: 0, max: 1000 });
  const gatherMs = env.integer("ENGINE_GATHER_MS", 0, { min: 0, max: 100 });
  const snapshots = {
    everyCommands: env.integer("ENGINE_SNAPSHOT_COMMANDS", SNAPSHOT_POLICY.everyCommands, { min: 1, max: 1e9 }),
    everyMs: env.integer("ENGINE_SNAPSHOT_INTERVAL_MS", SNAPSHOT_POLICY.everyMs, { min: 100, max: 86_400_000 }),
  };
  const standsBy = env.flag("ENGINE_STANDBY", true);
  env.check();
  const registry = loadAssets(common.assetsFile);
  const assets = assetsToServe(env, registry.assets);
  return Object.freeze({ ...common, registry, assets, batchIntervalMs, gatherMs, snapshots, standsBy });
}
