/** The engines' stage, as the service runs it, in this process. */

import { MatchingEngines } from "../src/matching-engine/service.js";
import type { SnapshotPolicy } from "../src/matching-engine/snapshotter.js";
import type { StoredCommandsSource } from "../src/matching-engine/stored-commands-replay.js";
import { connectBus } from "../src/shared/bus/bus.js";
import type { AssetRegistry } from "../src/shared/domain/assets.js";
import { fixedShare } from "../src/shared/leases/asset-share.js";
import { pausedFor } from "../src/shared/process/waits.js";
import { runStage } from "../src/shared/stage/stage-loop.js";
import { medianOf } from "../tools/load/percentile.js";
import { BenchService } from "./bench-service.js";

const POLL_MS = 1;

export interface Taken {
  readonly ms: number;
  /** Of this process: what it would take on a core of its own, if the server kept up. */
  readonly cpuMs: number;
}

interface EngineRun {
  readonly asset: string;
  readonly snapshots: SnapshotPolicy;
  readonly storedCommands: StoredCommandsSource | null;
}

/** Runs an engine until `isDone`; returns how long that took, from its first line on. */
export async function runEngine(
  url: string,
  registry: AssetRegistry,
  { asset, snapshots, storedCommands }: EngineRun,
  isDone: (service: BenchService) => Promise<boolean>,
): Promise<Taken> {
  const service = new BenchService();
  const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
  const bus = await connectBus(url, { name: "bench", log: service.log });
  const stage = new MatchingEngines(service, bus, registry, { snapshots, storedCommands });
  const loop = runStage(service, bus, stage, {
    share: fixedShare([asset]),
    pendingMessagesMax: 1_024,
    batchMessagesMax: 256,
    batchIntervalMs: 0,
    batchIntervalMaxMs: 0,
    gatherMs: 0,
  });
  service.background("loop", loop);
  while (!(await isDone(service))) await pausedFor(POLL_MS);
  const { user, system } = process.cpuUsage(startedCpu);
  const taken = { ms: performance.now() - startedMs, cpuMs: (user + system) / 1000 };
  await service.stop();
  await loop;
  await bus.close();
  return taken;
}

export async function medianRun(runs: number, measure: () => Promise<Taken>): Promise<Taken> {
  const taken: Taken[] = [];
  for (let run = 0; run < runs; run++) taken.push(await measure());
  return { ms: medianOf(taken.map(({ ms }) => ms)), cpuMs: medianOf(taken.map(({ cpuMs }) => cpuMs)) };
}
