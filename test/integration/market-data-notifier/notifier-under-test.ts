import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import { notifierConfig } from "../../../src/market-data-notifier/config.js";
import { Gateway } from "../../../src/market-data-notifier/connections/gateway.js";
import { logInSubscriber } from "../../../src/market-data-notifier/connections/handshake-logins.js";
import { page } from "../../../src/market-data-notifier/connections/page.js";
import { listen, webServer } from "../../../src/market-data-notifier/connections/web-server.js";
import { notifierMetrics } from "../../../src/market-data-notifier/notifier-metrics.js";
import { AccessFeed, keyProblem } from "../../../src/shared/access/access-feed.js";
import { AccessTokens } from "../../../src/shared/access/access-tokens.js";
import { authenticator } from "../../../src/shared/access/authentication.js";
import { KeyCheck } from "../../../src/shared/access/key-check.js";
import { connectBus } from "../../../src/shared/bus/bus.js";
import { ChannelFlow } from "../../../src/shared/channels/channel-flow.js";
import { allChannels } from "../../../src/shared/channels/channels.js";
import { KeptBytes } from "../../../src/shared/channels/kept-bytes.js";
import { Subscriptions } from "../../../src/shared/channels/subscriptions.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { DepthBooks } from "../../../src/shared/market-data/depth-books.js";
import { DepthFeed } from "../../../src/shared/market-data/depth-feed.js";
import { nowEpochMs } from "../../../src/shared/process/clock.js";
import { createLogger } from "../../../src/shared/process/log.js";
import { Metrics } from "../../../src/shared/process/metrics.js";
import { asRole } from "../../support/postgres.js";

export const ASSETS_FILE = fileURLToPath(new URL("../../../config/assets.json", import.meta.url));

export interface NotifierUnderTest {
  readonly url: string;
  /** A stock client; closed with the notifier. */
  connect(auth?: object, options?: object): Socket;
  /** TCP connections that are open. */
  openConnections(): Promise<number>;
  metric(line: string): Promise<number>;
  stop(): Promise<void>;
}

type Limits = ReturnType<typeof notifierConfig>;

/** The notifier as main.ts wires it, in this process, on a free port. */
export async function startNotifier(
  servers: { natsUrl: string; databaseUrl: string },
  changed: Partial<Limits> = {},
  nowMs: () => number = nowEpochMs,
): Promise<NotifierUnderTest> {
  const env = { NATS_URL: servers.natsUrl, DATABASE_URL: servers.databaseUrl, NOTIFIER_PORT: "0" };
  const limits = { ...notifierConfig(env), reconcileMs: 200, holeWaitMs: 50, ...changed };
  const log = createLogger("notifier-under-test", process.env["TEST_LOG_LEVEL"] ?? "silent");
  const metrics = new Metrics("notifier-under-test");
  const registry = loadAssets(ASSETS_FILE);
  const limitedUrl = asRole(servers.databaseUrl, "bourse_market_data_notifier");
  const database = await connectDatabase(limitedUrl, { applicationName: "notifier-under-test", log });
  const bus = await connectBus(servers.natsUrl, { name: "notifier-under-test", log });
  await bus.ensureStreams(1);
  const stopping = new AbortController();
  const access = await AccessFeed.start(database, log);
  const following = access.run(stopping.signal);
  const keys = new KeyCheck(authenticator(database), limits.logins, log);
  const tokens = new AccessTokens(limits.keySeal);
  const http = webServer(limits, page({ assets: registry.assets, production: false }));
  const own = notifierMetrics(metrics);
  const kept = new KeptBytes(limits.keptBytesMax, own.keptBytes);
  const gateway = new Gateway(http, {
    limits,
    log,
    metrics: own,
    kept,
    login: (handshake, address) => logInSubscriber({ keys, tokens }, handshake, address),
    loginProblem: (login) => keyProblem(access, login, nowEpochMs()),
    onMessage: (...message) => subscriptions.receive(...message),
    onGone: (listener) => subscriptions.forget(listener),
  });
  const isDatabaseReady = () => database.whyNotReady() === null;
  const { assets } = registry;
  const books = new DepthBooks(assets.keys());
  const channels = allChannels({ assets, books, rooms: gateway, database, kept, limits, nowMs, log, metrics: own });
  const depth = new DepthFeed(bus, books, log);
  const parts = { bus, channels, depth, connections: gateway, kept, isDatabaseReady };
  const notifier = new ChannelFlow({ registry, stream: "NOTIFICATIONS", ...parts, limits, log, metrics: own });
  const flush = () => notifier.flush();
  const names = { channels, assets };
  const subscriptions = new Subscriptions({ ...names, limits, isDatabaseReady, flush, metrics: own });
  await notifier.start();
  await listen(http, limits);
  const url = `${limits.tls === null ? "http" : "https"}://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const clients: Socket[] = [];
  return {
    url,
    connect(auth, options = {}) {
      const client = io(url, {
        forceNew: true,
        transports: ["websocket"],
        reconnection: false,
        ...options,
        ...(auth ? { auth } : {}),
      });
      clients.push(client);
      return client;
    },
    openConnections: () => new Promise((resolve) => http.getConnections((_error, count) => resolve(count))),
    async metric(line) {
      const text = await metrics.text();
      const found = text.split("\n").find((one) => one.startsWith(`bourse_notifier_${line}`));
      return Number(found?.split(" ").at(-1) ?? 0);
    },
    async stop() {
      for (const client of clients) client.close();
      stopping.abort();
      await following;
      await notifier.stop();
      await gateway.close();
      await bus.close();
      await database.close();
    },
  };
}
