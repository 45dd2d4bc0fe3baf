import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { joinLeases } from "../shared/leases/leases.js";
import { collectGarbageSooner } from "../shared/process/garbage.js";
import { runService } from "../shared/process/lifecycle.js";
import { runStage } from "../shared/stage/stage-loop.js";
import { readConfig } from "./config.js";
import { TradeProcessing } from "./service.js";
import { TradeStore } from "./trade-store.js";

await runService("trade-processing", readConfig, async (service, config) => {
  collectGarbageSooner();
  const { log } = service;
  const bus = await connectBus(config.natsUrl, { name: "trade-processing", log });
  service.onStop("bus", () => bus.close());
  const database = await connectDatabase(config.databaseUrl, { applicationName: "trade-processing", log });
  service.onStop("database", () => database.close());
  await bus.ensureStreams(config.natsReplicas);
  reportBus(service, bus);
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);

  const stage = new TradeProcessing(service, bus, new TradeStore(database), config.registry);
  const { instance, assets } = config;
  const share = await joinLeases(bus, service, { service: "trade-processing", instance, assets });
  const loop = runStage(service, bus, stage, {
    share,
    pendingMessagesMax: 256,
    batchMessagesMax: 256,
    batchIntervalMs: config.batchIntervalMs,
    batchIntervalMaxMs: config.batchIntervalMs,
    gatherMs: config.gatherMs,
  });
  service.onStop("loop", () => loop);
  service.background("trade-processing", loop);
});
