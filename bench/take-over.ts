/** How long an asset is without its engine when the process dies that runs it, and another is there. */

import { MatchingEngines } from "../src/matching-engine/service.js";
import { SNAPSHOT_POLICY } from "../src/matching-engine/snapshotter.js";
import { type Bus, connectBus } from "../src/shared/bus/bus.js";
import type { AssetRegistry } from "../src/shared/domain/assets.js";
import type { FollowedShare } from "../src/shared/leases/asset-share.js";
import { joinLeases } from "../src/shared/leases/leases.js";
import { pausedFor } from "../src/shared/process/waits.js";
import { runStage } from "../src/shared/stage/stage-loop.js";
import { decodeExecutionRows } from "../src/shared/wire/pipeline-codec.js";
import { BenchService } from "./bench-service.js";

const POLL_MS = 1;

interface EngineProcess {
  readonly service: BenchService;
  readonly bus: Bus;
  readonly share: FollowedShare;
}

export class TakeOver {
  readonly #url: string;
  readonly #bus: Bus;
  readonly #registry: AssetRegistry;
  readonly #asset: string;
  #instances = 0;

  constructor(url: string, bus: Bus, registry: AssetRegistry, asset: string) {
    this.#url = url;
    this.#bus = bus;
    this.#registry = registry;
    this.#asset = asset;
  }

  /** `command` puts the command with this index into the log; two more than `last` are needed. */
  async measure(standsBy: boolean, last: number, command: (index: number) => Promise<void>) {
    const active = await this.#start(false);
    await command(last);
    await this.#published(last + 1);
    const other = await this.#start(standsBy);
    const metric = `bourse_standby_command_sequence{asset="${this.#asset}",service="bench"} ${last + 1}`;
    while (standsBy && !(await other.service.metrics.text()).includes(metric)) await pausedFor(POLL_MS);
    await active.bus.close(); // as kill -9 would: it says nothing any more
    const startedMs = performance.now();
    await command(last + 1);
    while (!other.share.assets().has(this.#asset)) await pausedFor(POLL_MS);
    const leasedMs = performance.now();
    await this.#published(last + 2);
    const endedMs = performance.now();
    await active.service.stop();
    await other.service.stop();
    await other.bus.close();
    return { ms: endedMs - startedMs, afterLeaseMs: endedMs - leasedMs };
  }

  async #start(standsBy: boolean): Promise<EngineProcess> {
    const service = new BenchService();
    const bus = await connectBus(this.#url, { name: "bench", log: service.log });
    const instance = `engine-${this.#instances++}`;
    const share = await joinLeases(bus, service, { service: "matching-engine", instance, assets: [this.#asset] });
    const options = { share, snapshots: SNAPSHOT_POLICY, standsBy };
    const stage = new MatchingEngines(service, bus, this.#registry, options);
    const loop = runStage(service, bus, stage, {
      share,
      pendingMessagesMax: 1_024,
      batchMessagesMax: 256,
      batchIntervalMs: 0,
      batchIntervalMaxMs: 0,
      gatherMs: 0,
    });
    loop.catch(() => undefined); // it is cut off
    return { service, bus, share };
  }

  async #published(command: number): Promise<void> {
    for (;;) {
      const last = await this.#bus.lastMessage("EXECUTIONS", `executions.${this.#asset}`);
      if (last !== null && decodeExecutionRows(last.data).throughCommand >= command) return;
      await pausedFor(POLL_MS);
    }
  }
}
