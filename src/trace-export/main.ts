import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { runService } from "../shared/process/lifecycle.js";
import { TRACE_EXPORT } from "../shared/process/services.js";
import { Collector } from "./collector.js";
import { serviceConfig } from "./config.js";
import { PositionFile } from "./position-file.js";
import { SampleStore } from "./sample-store.js";
import { samplingThreshold } from "./sampling.js";
import { TraceExport } from "./service.js";

await runService(TRACE_EXPORT, serviceConfig, async (service, config) => {
  const { log } = service;
  const database = await connectDatabase(config.databaseUrl, { applicationName: TRACE_EXPORT, log, poolMax: 1 });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);

  // It reads what an operator may read, under the same user.
  const bus = await connectBus(config.natsUrl, { name: "operator", log });
  service.onStop("bus", () => bus.close());
  reportBus(service, bus);

  const collector = new Collector(config.collectorUrl);
  service.onStop("collector", () => collector.close());
  const store = new SampleStore(database);
  const threshold = samplingThreshold(config.samplePercent);
  const file = new PositionFile(config.positionFile);
  const loop = new TraceExport(service, { store, threshold, bus, collector, file }).run();
  service.onStop("loop", () => loop);
  service.background("export", loop);
});
