import { connectBus } from "../shared/bus/bus.js";
import { connectDatabase } from "../shared/database/database.js";
import { runService } from "../shared/process/lifecycle.js";
import { serviceConfig } from "./config.js";
import { DifferenceStore } from "./difference-store.js";
import { EngineBooks } from "./engine-books.js";
import { Reconciliation } from "./service.js";

await runService("reconciliation", serviceConfig, async (service, config) => {
  const { log } = service;
  const database = await connectDatabase(config.databaseUrl, { applicationName: "reconciliation", log, poolMax: 1 });
  service.onStop("database", () => database.close());
  service.readiness("postgres", () => database.whyNotReady());

  const bus = await connectBus(config.natsUrl, { name: "reconciliation", log });
  service.onStop("bus", () => bus.close());
  service.readiness("nats", () => (bus.isConnected() ? null : "not connected"));

  const store = new DifferenceStore(database);
  const reconciliation = new Reconciliation(service, store, new EngineBooks(bus, log), config);
  service.readiness("books", () => reconciliation.problem());
  const loop = reconciliation.run();
  service.onStop("loop", () => loop);
  service.background("reconciliation", loop);
});
