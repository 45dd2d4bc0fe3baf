import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { configuredRules } from "../shared/domain/assets.js";
import { joinLeases } from "../shared/leases/leases.js";
import { collectGarbageSooner } from "../shared/process/garbage.js";
import { runService } from "../shared/process/lifecycle.js";
import { runStage } from "../shared/stage/stage-loop.js";
import { ActionsFollower } from "./actions-follower.js";
import { ActionsStore } from "./actions-store.js";
import { CommandStore } from "./command-store.js";
import { readConfig } from "./config.js";
import { DayKeeper } from "./day-keeper.js";
import { RecordStore } from "./record-store.js";
import { Sequencer } from "./sequencer.js";
import { OrderProcessing } from "./service.js";
import { Trimmer } from "./trimmer.js";

await runService("order-processing", readConfig, async (service, config) => {
  collectGarbageSooner();
  const { log } = service;
  const bus = await connectBus(config.natsUrl, { name: "order-processing", log });
  service.onStop("bus", () => bus.close());
  const database = await connectDatabase(config.databaseUrl, { applicationName: "order-processing", log });
  service.onStop("database", () => database.close());
  await bus.ensureStreams(config.natsReplicas);
  reportBus(service, bus);
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);

  const { registry, instance, assets } = config;
  const store = new CommandStore(database, registry.openOrdersPerAccountMax);
  const sequencer = new Sequencer(registry, new RecordStore(database), store, config);
  const actions = new ActionsFollower(new ActionsStore(database));
  const stage = new OrderProcessing(service, bus, store, sequencer, actions, (asset) =>
    configuredRules(registry, asset),
  );
  const share = await joinLeases(bus, service, { service: "order-processing", instance, assets });
  const loop = runStage(service, bus, stage, {
    share,
    pendingMessagesMax: 256,
    batchMessagesMax: 256,
    batchIntervalMs: config.batchIntervalMs,
    batchIntervalMaxMs: config.batchIntervalMaxMs,
    gatherMs: 0,
  });
  service.onStop("loop", () => loop);
  service.background("day-keeper", new DayKeeper(service, database).run());
  service.background("trimmer", new Trimmer(service, bus, database, share, config.trim).run());
  service.background("order-processing", loop);
});
