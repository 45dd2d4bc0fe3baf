/**
 * Imitates mExchange (afterburn/mexchange): `/api/orders…`, `/api/order`, balances, `/api/ohlcv` and the faucet, with symbols such as
 * KCN/EUR, sides bid and ask, and UUIDs as order ids (`/ws` is in a file of its own). Keys instead of its accounts: Authorization: Basic. Its market buys take
 * max_slippage_price, and are then limit orders that are immediate or cancelled.
 */
import { Type } from "@sinclair/typebox";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import type { Asset } from "../../shared/domain/assets.js";
import { CANDLE_INTERVALS_MS, type CandleInterval } from "../../shared/domain/candles.js";
import { formatDecimal } from "../../shared/domain/decimal.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import { type Identity, identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayPlugin } from "../context.js";
import { type NewOrderBody, words } from "../orders/order-body.js";
import { answerErrors, orderNotFound } from "./dialect-errors.js";
import { mexchangeMoney } from "./mexchange-money.js";
import { bodyOf, ORDER, sideWord } from "./mexchange-orders.js";
import { type NamedOrder, orderOfUuid, orderUuid } from "./order-uuid.js";
import { type OwnFill, type OwnOrder, OwnOrdersStore } from "./own-orders-store.js";
import { cancel, place, shown } from "./placing.js";
import { assetOfMarket } from "./symbols.js";

const PAGE = Type.Object({
  limit: Type.Integer({ default: 20 }),
  offset: Type.Integer({ default: 0, minimum: 0, maximum: 1_000_000 }),
});
const ONE = Type.Object({ order_id: Type.String() }, { additionalProperties: false });
const OHLCV = Type.Object({
  symbol: Type.String(),
  interval: words(...(Object.keys(CANDLE_INTERVALS_MS) as CandleInterval[])),
  limit: Type.Integer({ default: 500 }),
});

export const mexchange: GatewayPlugin = (server, context) => {
  const { identification, registry, market, database } = context;
  const own = new OwnOrdersStore(database, registry.assets);
  const balances = new BalancesStore(database);
  const trade = { preValidation: identification.requires("trade", "operator") };
  const read = { preValidation: identification.requires(...KEY_ROLES) };
  answerErrors(server, context);
  const named = (uuid: string): NamedOrder => {
    const order = orderOfUuid(uuid, registry.assets.keys());
    if (order === null) throw orderNotFound();
    return order;
  };
  const orderOf = async (identity: Identity, order: NamedOrder): Promise<OwnOrder> => {
    const found = await own.order(identity.accountId, order);
    if (found === null) throw orderNotFound();
    return found;
  };

  server.get("/health", () => "ok");

  server.post("/api/orders", { ...trade, schema: { body: ORDER } }, async (request, reply) => {
    const identity = identityOf(request);
    const { asset, body } = bodyOf(context, request.body);
    const { logId, receivedAtUs, reports } = await place(context, identity, asset, body);
    const named = { asset: asset.asset, orderId: logId as unknown as NamedOrder["orderId"] };
    void reply.code(202);
    const order = reports ? await shown(context, orderOf(identity, named)) : null;
    return { order: orderJson(order ?? pendingOrder(named, body, receivedAtUs)), ...lockedFor(asset, body) };
  });
  server.post("/api/order", { ...trade, schema: { body: ORDER } }, async (request) => {
    const { asset, body } = bodyOf(context, request.body);
    const { logId, reports } = await place(context, identityOf(request), asset, body);
    return { order_id: orderUuid(asset.asset, logId), status: reports ? "accepted" : "pending" };
  });
  server.get("/api/orders", { ...read, schema: { querystring: PAGE } }, async (request) => {
    const { accountId } = identityOf(request);
    const page = bounded(request.query);
    const [orders, total] = await Promise.all([own.latestOrders(accountId, page), own.orderCount(accountId)]);
    return { orders: orders.map(orderJson), total, ...page };
  });
  server.get("/api/orders/trades", { ...read, schema: { querystring: PAGE } }, async (request) => {
    const { accountId } = identityOf(request);
    const page = bounded(request.query);
    const [fills, total] = await Promise.all([own.fills(accountId, null, page), own.fillCount(accountId)]);
    return { trades: fills.map(fillJson), total, ...page };
  });
  server.get("/api/orders/:order_id", { ...read, schema: { params: ONE } }, async (request) =>
    orderJson(await orderOf(identityOf(request), named(request.params.order_id))),
  );
  server.get("/api/orders/:order_id/fills", { ...read, schema: { params: ONE } }, async (request) => {
    const identity = identityOf(request);
    const order = await orderOf(identity, named(request.params.order_id));
    return { fills: (await own.fills(identity.accountId, order, { limit: 1_000, offset: 0 })).map(fillJson) };
  });
  const cancelled = async (identity: Identity, uuid: string): Promise<OwnOrder> => {
    const order = await orderOf(identity, named(uuid));
    await cancel(context, identity, assetOfMarket(context, order.asset), order);
    return orderOf(identity, order);
  };
  server.delete("/api/orders/:order_id", { ...trade, schema: { params: ONE } }, async (request) => {
    const order = await cancelled(identityOf(request), request.params.order_id);
    return { order: orderJson(order), unlocked_asset: null, unlocked_amount: null };
  });
  server.post("/api/order/cancel", { ...trade, schema: { body: ONE } }, async (request, reply) => {
    await cancelled(identityOf(request), request.body.order_id);
    return reply.code(202).send();
  });

  server.get("/api/balances", read, async (request) => {
    const [account] = await balances.balancesOf([identityOf(request).accountId]);
    const rows = account?.balances ?? [];
    return { balances: rows.map(({ currency, available, held }) => ({ asset: currency, available, locked: held })) };
  });
  server.get("/api/ohlcv", { schema: { querystring: OHLCV } }, async ({ query }) => {
    const { asset } = assetOfMarket(context, query.symbol);
    const limit = Math.max(1, Math.min(query.limit, 1_000));
    const page = await market.candles(asset, query.interval, { limit });
    if (isRefusal(page)) throw new Problem(page);
    const data = page.candles.map(({ openAtMs, open, high, low, close, volume, tradeCount }) => {
      return { open_time: new Date(openAtMs).toISOString(), open, high, low, close, volume, trade_count: tradeCount };
    });
    return { data };
  });
  return mexchangeMoney(server, context);
};

function bounded({ limit, offset }: { readonly limit: number; readonly offset: number }) {
  return { limit: Math.max(1, Math.min(limit, 100)), offset };
}

/** What the order holds at most, fees aside; of a market order without a price it is not known. */
function lockedFor({ base, quote }: Asset, { side, quantity, price, quoteBudget }: NewOrderBody): object {
  if (side === "sell") return { locked_asset: base, locked_amount: String(quantity) };
  const amount = quoteBudget ?? (price === undefined ? 0 : productText(String(price), String(quantity)));
  return { locked_asset: quote, locked_amount: String(amount) };
}

/** The exact product of two decimal texts. */
function productText(one: string, other: string): string {
  const scaleOf = (text: string) => text.split(".")[1]?.length ?? 0;
  const units = BigInt(one.replace(".", "")) * BigInt(other.replace(".", ""));
  return formatDecimal(units, { scale: scaleOf(one) + scaleOf(other), units: 1 });
}

function pendingOrder(named: NamedOrder, body: NewOrderBody, receivedAtUs: number): OwnOrder {
  const { side, type = "limit", price, quantity = "0" } = body;
  const terms = { side, type, price: price === undefined ? null : String(price), quantity: String(quantity) };
  return { ...named, ...terms, status: "open", filled: "0", receivedAtUs };
}

function orderJson({ asset, orderId, side, type, price, quantity, filled, status, receivedAtUs }: OwnOrder): object {
  return {
    id: orderUuid(asset, orderId),
    symbol: asset.replace("-", "/"),
    side: sideWord(side),
    order_type: type.includes("market") ? "market" : "limit",
    price,
    quantity,
    filled_quantity: filled,
    status: status === "canceled" ? "cancelled" : status,
    created_at: timeText(receivedAtUs),
  };
}

function fillJson({ asset, tradeId, side, price, quantity, total, fee, matchedAtUs }: OwnFill): object {
  const symbol = asset.replace("-", "/");
  return {
    id: orderUuid(asset, tradeId),
    symbol,
    side,
    price,
    quantity,
    total,
    fee,
    settled_at: timeText(matchedAtUs),
  };
}

function timeText(us: number): string {
  return new Date(Math.floor(us / 1_000)).toISOString();
}
