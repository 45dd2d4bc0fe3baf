import { keyProblem } from "../shared/access/access-feed.js";
import { AccessTokens } from "../shared/access/access-tokens.js";
import { authenticator } from "../shared/access/authentication.js";
import { followAccess } from "../shared/access/follow-access.js";
import { KeyCheck } from "../shared/access/key-check.js";
import { reportBus } from "../shared/bus/alarms.js";
import { connectBus } from "../shared/bus/bus.js";
import { ChannelFlow } from "../shared/channels/channel-flow.js";
import { allChannels } from "../shared/channels/channels.js";
import { KeptBytes } from "../shared/channels/kept-bytes.js";
import { Subscriptions } from "../shared/channels/subscriptions.js";
import { followCreatedAssets } from "../shared/database/created-assets.js";
import { connectDatabase } from "../shared/database/database.js";
import { reportDatabase } from "../shared/database/report-database.js";
import { DepthBooks } from "../shared/market-data/depth-books.js";
import { DepthFeed } from "../shared/market-data/depth-feed.js";
import { nowEpochMs } from "../shared/process/clock.js";
import { takeConnections } from "../shared/process/handed-connections.js";
import { runService } from "../shared/process/lifecycle.js";
import { warnIfExposed } from "../shared/process/tls.js";
import { TOPOLOGY } from "../shared/stage/topology.js";
import { notifierConfig } from "./config.js";
import { Gateway } from "./connections/gateway.js";
import { logInSubscriber } from "./connections/handshake-logins.js";
import { page } from "./connections/page.js";
import { listen, webServer } from "./connections/web-server.js";
import { notifierMetrics } from "./notifier-metrics.js";

await runService("market-data-notifier", notifierConfig, async (service, config) => {
  const { log, stopping } = service;
  const metrics = notifierMetrics(service.metrics);

  const database = await connectDatabase(config.databaseUrl, {
    applicationName: "market-data-notifier",
    log,
    poolMax: 4,
  });
  service.onStop("database", () => database.close());
  reportDatabase(service, database);
  await followCreatedAssets(service, database, config);

  const bus = await connectBus(config.natsUrl, { name: "market-data-notifier", log });
  service.onStop("bus", () => bus.close());
  reportBus(service, bus);
  await bus.ensureStreams(config.natsReplicas);

  const access = await followAccess(service, database, config);
  const { logins } = config;
  const lane = database.lane({ connections: 2, timeoutMs: logins.answerTimeoutMs / 2 });
  const keys = new KeyCheck(authenticator(lane), logins, log);
  const tokens = new AccessTokens(config.keySeal);

  warnIfExposed(log, config);
  const { production, pageGateway } = config;
  const { registry } = config;
  const { assets } = registry;
  const http = webServer(config, page({ assets, production, pageGateway, isTls: config.tls !== null }));
  const kept = new KeptBytes(config.keptBytesMax, metrics.keptBytes);
  const gateway = new Gateway(http, {
    limits: config,
    log,
    metrics,
    kept,
    login: (handshake, address) => logInSubscriber({ keys, tokens }, handshake, address),
    loginProblem: (login) => keyProblem(access, login, nowEpochMs()),
    onMessage: (...message) => subscriptions.receive(...message),
    onGone: (listener) => subscriptions.forget(listener),
  });
  service.onStop("connections", () => gateway.close());

  service.metrics.queue("kept bytes", () => kept.total / config.keptBytesMax);
  service.metrics.queue("connections", () => gateway.connectionCount / config.connectionsMax);

  const isDatabaseReady = () => database.whyNotReady() === null;
  const books = new DepthBooks(assets.keys());
  const channels = allChannels({
    assets,
    books,
    rooms: gateway,
    database,
    kept,
    limits: config,
    nowMs: nowEpochMs,
    log,
    metrics,
  });
  const depth = new DepthFeed(bus, books, log);
  const parts = { bus, registry, channels, depth, connections: gateway, kept, isDatabaseReady };
  const { input: stream } = TOPOLOGY["market-data-notifier"];
  const notifier = new ChannelFlow({ ...parts, stream, limits: config, log, metrics });
  const flush = () => notifier.flush();
  const names = { channels, assets };
  const subscriptions = new Subscriptions({ ...names, limits: config, isDatabaseReady, flush, metrics });
  service.metrics.queue("input", () => notifier.inputFill);
  service.onStop("notifier", () => notifier.stop());
  await notifier.start();

  if (stopping.aborted) return;
  if (config.connectionsFrom === "launcher") takeConnections(http);
  else await listen(http, config);
  log.info({ host: config.host, port: config.port }, "subscribers may connect");
});
