import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import { OrdersStore } from "../../shared/channels/orders-store.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import { findAsset } from "../../shared/requests/order-rules.js";
import type { GatewayContext } from "../context.js";
import { unary } from "./calls.js";
import { assetMessage, BOOK_NOT_YET, depthMessage, tradeMessage } from "./exchange-messages.js";
import { exchangeRequests } from "./exchange-requests.js";
import { OwnState } from "./own-state.js";
import { ReportStreams } from "./report-streams.js";
import { whoAsks } from "./who-asks.js";

const DEPTH_LEVELS = 100;
/** Snapshots of these sizes are kept; an answer is cut from the next larger one. */
const DEPTH_SIZES = [10, 25, 100, 1_000, 10_000];
const TRADES = 50;
const TRADES_MAX = 1_000;

/** bourse.v1.Exchange: what it answers. */
export function exchangeService(context: GatewayContext): UntypedServiceImplementation {
  const { registry, access, clock, market, identification, database } = context;
  const { log } = context.service;
  const orders = new OrdersStore(database, registry.assets);
  const own = new OwnState(orders, new BalancesStore(database), registry.assets);
  const streams = new ReportStreams(context, orders);
  context.service.onStop("streams of reports", () => streams.stop());
  return {
    GetTime: unary(() => ({ timeUs: clock.nowUs() }), log),
    GetAssets: unary(
      () => ({ assets: Array.from(registry.assets.values(), (one) => assetMessage(one, access.stateOf(one.asset))) }),
      log,
    ),
    GetDepth: unary<{ asset: string; levels: number }>((request) => {
      const asset = findAsset(registry, request.asset);
      if (isRefusal(asset)) return asset;
      const levels = request.levels || DEPTH_LEVELS;
      const size = DEPTH_SIZES.find((one) => one >= levels) ?? 10_000;
      const depth = market.depth(asset.asset, size);
      return depth === null ? BOOK_NOT_YET : depthMessage(depth, levels, asset);
    }, log),
    GetTrades: unary<{ asset: string; limit: number }>(async ({ asset: name, limit }) => {
      const asset = findAsset(registry, name);
      if (isRefusal(asset)) return asset;
      const trades = await market.trades(asset.asset, { limit: Math.min(limit || TRADES, TRADES_MAX) });
      return isRefusal(trades) ? trades : { trades: trades.map((trade) => tradeMessage(trade, asset)) };
    }, log),
    GetOpenOrders: unary<{ pageToken: string }>(async ({ pageToken }, caller) => {
      const identity = await whoAsks(identification, caller, ...KEY_ROLES);
      return isRefusal(identity) ? identity : await own.openOrders(identity.accountId, pageToken);
    }, log),
    GetBalances: unary(async (_, caller) => {
      const identity = await whoAsks(identification, caller, ...KEY_ROLES);
      return isRefusal(identity) ? identity : await own.balances(identity.accountId);
    }, log),
    StreamReports: streams.handler,
    ...exchangeRequests(context),
  };
}
