import { connectDatabase } from "../shared/database.js";
import { runService } from "../shared/lifecycle.js";
import { serviceConfig } from "./config.js";
import { DifferenceStore } from "./difference-store.js";
import { Reconciliation } from "./service.js";

await runService("reconciliation", serviceConfig, async (service, config) => {
  const { log } = service;
  const database = await connectDatabase(config.databaseUrl, { applicationName: "reconciliation", log, poolMax: 1 });
  service.onStop("database", () => database.close());
  service.readiness("postgres", () => database.whyNotReady());

  const store = new DifferenceStore(database);
  const reconciliation = new Reconciliation(service, store, config);
  service.readiness("books", () => reconciliation.problem());
  const loop = reconciliation.run();
  service.onStop("loop", () => loop);
  service.background("reconciliation", loop);
});
