import { AccessTokens } from "../shared/access/access-tokens.js";
import { authenticator } from "../shared/access/authentication.js";
import { followAccess } from "../shared/access/follow-access.js";
import { KeyCheck } from "../shared/access/key-check.js";
import { SigningKeys } from "../shared/access/signing-keys.js";
import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { channelMetrics } from "../shared/channels/channel-metrics.js";
import { MarketData } from "../shared/channels/market-data.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { BasicScheme } from "../shared/http/basic-scheme.js";
import { Identification } from "../shared/http/identification.js";
import { CancelTriggersStore } from "../shared/order-entry/cancel-triggers-store.js";
import { EntryMetrics } from "../shared/order-entry/entry-metrics.js";
import { OrderEntry } from "../shared/order-entry/order-entry.js";
import { processedThrough } from "../shared/order-entry/positions-store.js";
import { lastPrices } from "../shared/order-entry/prices-store.js";
import { nowEpochMs, nowUs } from "../shared/process/clock.js";
import { runService } from "../shared/process/lifecycle.js";
import { warnIfExposed } from "../shared/process/tls.js";
import { binance } from "./binance/binance.js";
import { gatewayConfig } from "./config.js";
import { dialects } from "./dialects/dialects.js";
import { startRustExchangeSocket } from "./dialects/rust-crypto-exchange-socket.js";
import { startGrpc } from "./grpc/grpc-gateway.js";
import { BearerScheme } from "./http/bearer-scheme.js";
import { SignedScheme } from "./http/signed-scheme.js";
import { Orders } from "./orders/orders.js";
import { reportsSince } from "./orders/reports-store.js";
import { Results } from "./orders/results.js";
import { people } from "./people/people.js";
import { HttpGateway } from "./service.js";
import { v1 } from "./v1/v1.js";

/** The time for one renewal of the sessions' lease: short enough for several tries within the lease. */
const RENEWAL_TIMEOUT_MS = 1_000;

await runService("gateway", gatewayConfig, async (service, config) => {
  const { log } = service;
  warnIfExposed(log, config);

  const database = await connectDatabase(config.databaseUrl, { applicationName: "gateway", log, poolMax: 4 });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);

  const bus = await connectBus(config.natsUrl, { name: "gateway", log });
  service.onStop("bus", () => bus.close());
  reportBus(service, bus);
  await bus.ensureStreams(config.natsReplicas);

  const access = await followAccess(service, database, config);
  const lane = database.lane({ connections: 2, timeoutMs: config.logins.answerTimeoutMs / 2 });
  const identification = new Identification(access);
  identification.add(new BearerScheme(new AccessTokens(config.keySeal)));
  identification.add(new BasicScheme(new KeyCheck(authenticator(lane), config.logins, log)));
  const keys = new SigningKeys(lane, config.keySeal, access, log);
  identification.add(new SignedScheme(new KeyCheck(keys.authenticate, config.logins, log)));

  const { registry } = config;
  const limits = { natsReplicas: config.natsReplicas, ...config.market };
  const channels = { limits, metrics: channelMetrics(service.metrics, "gateway") };
  const market = new MarketData({ bus, database, registry, nowMs: nowEpochMs, log, ...channels });
  service.metrics.queue("input", () => market.inputFill);
  service.onStop("market", () => market.stop());
  await market.start();

  const clock = { nowUs, nowEpochMs, nowMs: () => performance.now() };
  const metrics = new EntryMetrics(service.metrics);
  const orderEntry = new OrderEntry({
    service: "gateway",
    settings: config,
    triggerTimeoutMs: config.logins.answerTimeoutMs,
    registry,
    log,
    orderLog: bus,
    access,
    cancelTriggers: new CancelTriggersStore(lane, database.lane({ connections: 1, timeoutMs: RENEWAL_TIMEOUT_MS })),
    processedThrough: () => processedThrough(database),
    lastPrices: (assets) => lastPrices(database, assets),
    metrics,
  });
  service.readiness("order log", () => orderEntry.whyLogIsLost(), "somebody");
  const results = new Results();
  market.followNotifications(results);
  const orders = new Orders({
    entry: orderEntry,
    results,
    storedReports: (...order) => reportsSince(database, ...order),
    limits: config.orders,
    metrics,
    log,
  });
  const rules = { registry, nowMs: nowEpochMs, lastPriceTicks: (asset: string) => orderEntry.lastPriceTicks(asset) };
  const own = { config, registry, database, bus, market, access, clock, service };
  const context = { ...own, identification, orderEntry, orders, rules };
  const gateway = await HttpGateway.create(context, [...v1, people, binance, ...dialects]);
  service.onStop("http", () => gateway.stop());
  const grpcPort = await startGrpc(context);
  const rustExchangeWsPort = await startRustExchangeSocket(context);
  const port = await gateway.listen();
  log.info({ host: config.host, port, grpcPort, rustExchangeWsPort }, "requests may come in");
});
