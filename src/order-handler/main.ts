import { authenticator } from "../shared/access/authentication.js";
import { followAccess } from "../shared/access/follow-access.js";
import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { CancelTriggersStore } from "../shared/order-entry/cancel-triggers-store.js";
import { processedThrough } from "../shared/order-entry/positions-store.js";
import { lastPrices } from "../shared/order-entry/prices-store.js";
import { runService } from "../shared/process/lifecycle.js";
import { warnIfExposed } from "../shared/process/tls.js";
import { handlerConfig } from "./config.js";
import { HandlerMetrics } from "./handler-metrics.js";
import { OrderHandler } from "./service.js";

/** The time for one renewal of the sessions' lease: short enough for several tries within the lease. */
const RENEWAL_TIMEOUT_MS = 1_000;

await runService("order-handler", handlerConfig, async (service, config) => {
  const { log } = service;
  warnIfExposed(log, config);

  const database = await connectDatabase(config.databaseUrl, { applicationName: "order-handler", log });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);

  const bus = await connectBus(config.natsUrl, { name: "order-handler", log });
  service.onStop("bus", () => bus.close());
  reportBus(service, bus);
  await bus.ensureStreams(config.natsReplicas);

  const access = await followAccess(service, database, config);

  const handler = new OrderHandler({
    config,
    registry: config.registry,
    log,
    orderLog: bus,
    authenticate: authenticator(database.lane({ connections: 2, timeoutMs: config.logins.answerTimeoutMs / 2 })),
    access,
    cancelTriggers: new CancelTriggersStore(
      database.lane({ connections: 2, timeoutMs: config.logins.answerTimeoutMs / 2 }),
      database.lane({ connections: 1, timeoutMs: RENEWAL_TIMEOUT_MS }),
    ),
    processedThrough: () => processedThrough(database),
    lastPrices: (assets) => lastPrices(database, assets),
    metrics: new HandlerMetrics(service.metrics),
  });
  service.readiness("order log", () => handler.whyLogIsLost(), "somebody");
  service.onStop("sessions", () => handler.stop());
  const port = await handler.listen();
  log.info({ host: config.host, port }, "orders may come in");
});
