import { type GatewayConfig, gatewayConfig } from "../../../src/gateway/config.js";
import type { GatewayContext, GatewayPlugin } from "../../../src/gateway/context.js";
import { BearerScheme } from "../../../src/gateway/http/bearer-scheme.js";
import { Orders } from "../../../src/gateway/orders/orders.js";
import { reportsSince } from "../../../src/gateway/orders/reports-store.js";
import { Results } from "../../../src/gateway/orders/results.js";
import { people } from "../../../src/gateway/people/people.js";
import { HttpGateway } from "../../../src/gateway/service.js";
import { v1 } from "../../../src/gateway/v1/v1.js";
import { AccessFeed } from "../../../src/shared/access/access-feed.js";
import { AccessTokens } from "../../../src/shared/access/access-tokens.js";
import { authenticator } from "../../../src/shared/access/authentication.js";
import { KeyCheck } from "../../../src/shared/access/key-check.js";
import { connectBus } from "../../../src/shared/bus/bus.js";
import { channelMetrics } from "../../../src/shared/channels/channel-metrics.js";
import { MarketData } from "../../../src/shared/channels/market-data.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { BasicScheme } from "../../../src/shared/http/basic-scheme.js";
import { Identification } from "../../../src/shared/http/identification.js";
import { CancelTriggersStore } from "../../../src/shared/order-entry/cancel-triggers-store.js";
import { EntryMetrics } from "../../../src/shared/order-entry/entry-metrics.js";
import { OrderEntry } from "../../../src/shared/order-entry/order-entry.js";
import { processedThrough } from "../../../src/shared/order-entry/positions-store.js";
import { lastPrices } from "../../../src/shared/order-entry/prices-store.js";
import { nowEpochMs, nowUs } from "../../../src/shared/process/clock.js";
import { asRole } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";

export interface GatewayUnderTest {
  readonly url: string;
  readonly context: GatewayContext;
  /** With the key of this name, whose secret is the same word. */
  ask(method: string, path: string, options?: { key?: string; body?: unknown; accept?: string }): Promise<Answered>;
  stop(): Promise<void>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** Of an answer in JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  readonly json: any;
}

/** The gateway as main.ts wires it, in this process, on a free port, with the rights of its role. */
export async function startGateway(
  servers: { readonly nats: { readonly url: string }; readonly databaseUrl: string },
  changed: Partial<GatewayConfig> = {},
  plugins: readonly GatewayPlugin[] = [...v1, people],
): Promise<GatewayUnderTest> {
  const env = { NATS_URL: servers.nats.url, DATABASE_URL: servers.databaseUrl, GATEWAY_PORT: "0" };
  const config = { ...gatewayConfig(env), ...changed };
  const service = serviceForTest("gateway");
  const { log } = service;
  const database = await connectDatabase(asRole(servers.databaseUrl, "bourse_gateway"), {
    applicationName: "gateway",
    log,
  });
  service.onStop("database", () => database.close());
  const bus = await connectBus(servers.nats.url, { name: "gateway", log });
  service.onStop("bus", () => bus.close());
  await bus.ensureStreams(1);
  const access = await AccessFeed.start(database, log);
  service.background("access feed", access.run(service.stopping));
  const identification = new Identification(access);
  identification.add(new BearerScheme(new AccessTokens(config.keySeal)));
  identification.add(new BasicScheme(new KeyCheck(authenticator(database), config.logins, log)));
  const { registry } = config;
  const market = new MarketData({
    ...{ bus, database, log, nowMs: nowEpochMs, registry },
    limits: { ...config.market, natsReplicas: 1, reconcileMs: 200, holeWaitMs: 50 },
    metrics: channelMetrics(service.metrics, "gateway"),
  });
  service.onStop("market", () => market.stop());
  await market.start();
  const metrics = new EntryMetrics(service.metrics);
  const lane = database.lane({ connections: 1, timeoutMs: 5_000 });
  const orderEntry = new OrderEntry({
    ...{ service: "gateway", settings: config, registry, log, orderLog: bus, access, triggerTimeoutMs: 5_000 },
    cancelTriggers: new CancelTriggersStore(lane, lane),
    metrics,
    lastPrices: (assets) => lastPrices(database, assets),
    processedThrough: () => processedThrough(database),
  });
  const results = new Results();
  market.followNotifications(results);
  const orders = new Orders({
    ...{ entry: orderEntry, results, limits: config.orders, metrics, log },
    storedReports: (...order) => reportsSince(database, ...order),
  });
  const rules = { registry, nowMs: nowEpochMs, lastPriceTicks: (asset: string) => orderEntry.lastPriceTicks(asset) };
  const clock = { nowUs, nowEpochMs, nowMs: () => performance.now() };
  const own = { config, registry, database, bus, market, access, identification, clock, service };
  const context = { ...own, orderEntry, orders, rules };
  const gateway = await HttpGateway.create(context, plugins);
  service.onStop("http", () => gateway.stop());
  const url = `http://127.0.0.1:${await gateway.listen()}`;
  return {
    url,
    context,
    async ask(method, path, { key, body, accept } = {}) {
      const headers = {
        ...(key !== undefined && { authorization: `Basic ${Buffer.from(`${key}:${key}`).toString("base64")}` }),
        ...(accept !== undefined && { accept }),
        ...(body !== undefined && { "content-type": "application/json" }),
      };
      const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
      const response = await fetch(`${url}${path}`, init);
      const bytes = Buffer.from(await response.arrayBuffer());
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
      const json = isJson ? JSON.parse(bytes.toString()) : null;
      return { status: response.status, headers: response.headers, bytes, json };
    },
    stop: () => service.stop(),
  };
}
