import { authenticator } from "../shared/access/authentication.js";
import { followAccess } from "../shared/access/follow-access.js";
import { KeyCheck } from "../shared/access/key-check.js";
import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { nowEpochMs, nowUs } from "../shared/process/clock.js";
import { runService } from "../shared/process/lifecycle.js";
import { warnIfExposed } from "../shared/process/tls.js";
import { gatewayConfig } from "./config.js";
import { BasicScheme } from "./http/basic-scheme.js";
import { Identification } from "./http/identification.js";
import { HttpGateway } from "./service.js";
import { v1 } from "./v1/v1.js";

await runService("gateway", gatewayConfig, async (service, config) => {
  const { log } = service;
  warnIfExposed(log, config);

  const database = await connectDatabase(config.databaseUrl, { applicationName: "gateway", log, poolMax: 4 });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);

  const bus = await connectBus(config.natsUrl, { name: "gateway", log });
  service.onStop("bus", () => bus.close());
  reportBus(service, bus);
  await bus.ensureStreams(config.natsReplicas);

  const access = await followAccess(service, database, config);
  const lane = database.lane({ connections: 2, timeoutMs: config.logins.answerTimeoutMs / 2 });
  const identification = new Identification(access);
  identification.add(new BasicScheme(new KeyCheck(authenticator(lane), config.logins, log)));

  const clock = { nowUs, nowEpochMs, nowMs: () => performance.now() };
  const { registry } = config;
  const context = { config, registry, database, bus, access, identification, clock, service };
  const gateway = await HttpGateway.create(context, v1);
  service.onStop("http", () => gateway.stop());
  const port = await gateway.listen();
  log.info({ host: config.host, port }, "requests may come in");
});
