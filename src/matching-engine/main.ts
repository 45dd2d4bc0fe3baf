import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { CreatedAssetsWatch } from "../shared/database/created-assets.js";
import { joinLeases } from "../shared/leases/leases.js";
import { runService } from "../shared/process/lifecycle.js";
import { runStage } from "../shared/stage/stage-loop.js";
import { readConfig } from "./config.js";
import { lazyStoredRecord } from "./lazy-stored-commands.js";
import { MatchingEngines } from "./service.js";

await runService("matching-engine", readConfig, async (service, config) => {
  const bus = await connectBus(config.natsUrl, { name: "matching-engine", log: service.log });
  service.onStop("bus", () => bus.close());
  await bus.ensureStreams(config.natsReplicas);
  reportBus(service, bus);

  const { registry, instance, assets, snapshots, standsBy, depthIntervalMs } = config;
  const { open, ...stored } = lazyStoredRecord(service, config.databaseUrl);
  // Engines of assets that it knows start without Postgres, also while that is away.
  const created = new CreatedAssetsWatch(open, config, service.log);
  service.background("created assets", created.run(service.stopping));
  const share = await joinLeases(bus, service, { service: "matching-engine", instance, assets });
  const stage = new MatchingEngines(service, bus, registry, {
    share,
    snapshots,
    standsBy,
    ...stored,
    depthIntervalMs,
  });
  const loop = runStage(service, bus, stage, {
    share,
    pendingMessagesMax: 1_024,
    batchMessagesMax: 256,
    batchIntervalMs: config.batchIntervalMs,
    batchIntervalMaxMs: config.batchIntervalMs,
    gatherMs: config.gatherMs,
  });
  service.onStop("loop", () => loop);
  service.background("matching-engine", loop);
});
