/** What every plugin of the gateway gets, and what a plugin is. */
import type { Access } from "../shared/access/access-feed.js";
import type { Bus } from "../shared/bus/bus.js";
import type { MarketData } from "../shared/channels/market-data.js";
import type { ConnectedDatabase } from "../shared/database/database.js";
import type { GrowingRegistry } from "../shared/domain/assets.js";
import type { EpochMs, EpochUs } from "../shared/domain/units.js";
import type { Identification } from "../shared/http/identification.js";
import type { HttpServer } from "../shared/http/server.js";
import type { OrderEntry } from "../shared/order-entry/order-entry.js";
import type { Service } from "../shared/process/lifecycle.js";
import type { RequestRules } from "../shared/requests/order-rules.js";
import type { GatewayConfig } from "./config.js";
import type { Orders } from "./orders/orders.js";
import type { Upgrades } from "./sockets/upgrades.js";

export interface GatewayClock {
  /** The wall clock, for the times that clients are told. */
  readonly nowUs: () => EpochUs;
  readonly nowEpochMs: () => EpochMs;
  /** The monotonic clock, for deadlines and limits. */
  readonly nowMs: () => number;
}

export interface GatewayContext {
  readonly config: GatewayConfig;
  readonly registry: GrowingRegistry;
  readonly database: ConnectedDatabase;
  readonly bus: Bus;
  /** What markets show, and whatever follows them. */
  readonly market: MarketData;
  /** Suspensions, revoked keys, the states of assets. */
  readonly access: Access;
  /** Who asks: `requires("trade")` is the hook of a route, `add` takes a further scheme. */
  readonly identification: Identification;
  /** The way into the order log. */
  readonly orderEntry: OrderEntry;
  /** Requests of clients into the log, and their results. */
  readonly orders: Orders;
  /** What requests are judged by. */
  readonly rules: RequestRules;
  readonly clock: GatewayClock;
  /** The log, metrics, background work, readiness and steps of stopping. */
  readonly service: Pick<Service, "log" | "metrics" | "stopping" | "background" | "readiness" | "onStop">;
}

/** What a plugin gets besides: the WebSockets of the port that its routes are on. */
export interface PluginContext extends GatewayContext {
  readonly upgrades: Upgrades;
}

/** Adds its routes to the server, in a scope of its own: hooks, body parsers and error handlers that it sets are its own, too. */
export type GatewayPlugin = (server: HttpServer, context: PluginContext) => Promise<void> | void;
