import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { reportStreams } from "../shared/bus/stream-metrics.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase, reportPostgres } from "../shared/database/report-database.js";
import { serversOf } from "../shared/database/server-choice.js";
import { runService } from "../shared/process/lifecycle.js";
import { reportBackupDisk } from "./backup-disk.js";
import { serviceConfig } from "./config.js";
import { DifferenceStore } from "./difference-store.js";
import { EngineBooks } from "./engine-books.js";
import { Reconciliation } from "./service.js";

/** How long a look at Postgres may wait for a connection, and then for the answer. */
const LOOK_TIMEOUT_MS = 1_000;

await runService("reconciliation", serviceConfig, async (service, config) => {
  const { log } = service;
  const database = await connectDatabase(config.databaseUrl, { applicationName: "reconciliation", log, poolMax: 1 });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);

  const bus = await connectBus(config.natsUrl, { name: "reconciliation", log });
  service.onStop("bus", () => bus.close());
  reportBus(service, bus);
  // What the servers do for all is shown by this process, which stands beside the path of orders.
  reportStreams(service.metrics, bus);
  const hasOthers = serversOf(config.databaseUrl).length > 1;
  reportPostgres(service, database.lane({ connections: 1, timeoutMs: LOOK_TIMEOUT_MS }), { hasOthers });
  reportBackupDisk(service.metrics, config.backupFolder);

  const store = new DifferenceStore(database);
  const reconciliation = new Reconciliation(service, store, new EngineBooks(bus, log), config);
  service.readiness("books", () => reconciliation.problem());
  const loop = reconciliation.run();
  service.onStop("loop", () => loop);
  service.background("reconciliation", loop);
});
