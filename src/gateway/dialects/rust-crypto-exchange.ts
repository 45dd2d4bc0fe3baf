/**
 * Imitates the Rust Crypto Exchange (crates api, engine, wss): `/order`, `/orders/open`, `/order/cancel_all`, `/depth`, `/balance` and
 * `/trade/history`, with markets such as SOL_USDC and UUIDs as order ids. A key says who asks; a bare user_id does so for the demo
 * accounts alone, where there are any.
 */
import { Type } from "@sinclair/typebox";
import type { FastifyRequest } from "fastify";
import { KEY_ROLES, type KeyRole } from "../../shared/access/authentication.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import { isRefusal, refuse } from "../../shared/domain/rejects.js";
import type { Identity } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayContext, GatewayPlugin } from "../context.js";
import { AMOUNT } from "../orders/order-body.js";
import { answerErrors, orderNotFound } from "./dialect-errors.js";
import { orderOfUuid, orderUuid } from "./order-uuid.js";
import { type OwnOrder, OwnOrdersStore } from "./own-orders-store.js";
import { cancel, place, shown, submit } from "./placing.js";
import { assetOfMarket } from "./symbols.js";

const STRICT = { additionalProperties: false };
const USER = Type.Optional(Type.String());
const ORDER = Type.Object(
  {
    user_id: USER,
    side: Type.String({ pattern: "^([Bb][Uu][Yy]|[Ss][Ee][Ll][Ll]|[Bb][Ii][Dd]|[Aa][Ss][Kk])$" }),
    order_type: Type.Optional(Type.String()),
    market: Type.String(),
    price: Type.Optional(AMOUNT),
    quantity: Type.Optional(AMOUNT),
  },
  STRICT,
);
const ONE = Type.Object({ user_id: USER, order_id: Type.String(), market: Type.String() }, STRICT);
const OF_USER = Type.Object({ user_id: USER });
const OF_MARKET = Type.Object({ market: Type.String() });
const OF_BOTH = Type.Object({ user_id: USER, market: Type.String() }, STRICT);
const HISTORY = Type.Object({
  market: Type.String(),
  limit: Type.Integer({ default: 100, minimum: 1, maximum: 1_000 }),
});

const DEMO_USERS = new Set(["random1", "random2", "random32"]);
const DEPTH_LEVELS = 1_000;
const OPEN_ORDERS_MAX = 1_000;

export const rustCryptoExchange: GatewayPlugin = (server, context) => {
  const { registry, market, orders, database } = context;
  const own = new OwnOrdersStore(database, registry.assets);
  const balances = new BalancesStore(database);
  answerErrors(server, context);

  server.post("/order", { schema: { body: ORDER } }, async (request) => {
    const { user_id, side, order_type = "limit", market: name, price, quantity } = request.body;
    const identity = await who(context, request, user_id, "trade", "operator");
    const asset = assetOfMarket(context, name);
    const isMarket = order_type.toLowerCase() === "market";
    const { logId, reports } = await place(context, identity, asset, {
      asset: asset.asset,
      side: /^(buy|bid)$/i.test(side) ? "buy" : "sell",
      type: isMarket ? "market" : "limit",
      ...(quantity !== undefined && { quantity }),
      ...(price !== undefined && !isMarket && { price }),
    });
    const order = { asset: asset.asset, orderId: logId as unknown as OwnOrder["orderId"] };
    const all = { limit: 1_000, offset: 0 };
    const read = () => Promise.all([own.order(identity.accountId, order), own.fills(identity.accountId, order, all)]);
    const [placed, fills] = (reports ? await shown(context, read()) : null) ?? [null, []];
    return {
      order_id: orderUuid(asset.asset, logId),
      executed_quantity: placed?.filled ?? "0",
      fills: fills.reverse().map(({ price, quantity, tradeId }) => ({ price, quantity, trade_id: tradeId })),
    };
  });

  server.delete("/order", { schema: { body: ONE } }, async (request) => {
    const { user_id, order_id, market: name } = request.body;
    const identity = await who(context, request, user_id, "trade", "operator");
    const asset = assetOfMarket(context, name);
    const named = orderOfUuid(order_id, [asset.asset]);
    const order = named === null ? null : await own.order(identity.accountId, named);
    if (order === null) throw orderNotFound();
    await cancel(context, identity, asset, order);
    return cancelledJson((await own.order(identity.accountId, order)) ?? order);
  });

  server.get("/orders/open", { schema: { querystring: OF_BOTH } }, async (request) => {
    const identity = await who(context, request, request.query.user_id, ...KEY_ROLES);
    const { asset } = assetOfMarket(context, request.query.market);
    return (await own.openOrders(identity.accountId, asset, OPEN_ORDERS_MAX)).map(openJson);
  });

  server.post("/order/cancel_all", { schema: { body: OF_BOTH } }, async (request) => {
    const identity = await who(context, request, request.body.user_id, "trade", "operator");
    const asset = assetOfMarket(context, request.body.market);
    const open = await own.openOrders(identity.accountId, asset.asset, OPEN_ORDERS_MAX);
    await submit(orders, identity, asset, { kind: "cancel_all", side: null }, null);
    return open.map(openJson);
  });

  const depthOf = (name: string) => {
    const { asset } = assetOfMarket(context, name);
    const depth = market.depth(asset, DEPTH_LEVELS);
    if (depth === null) throw new Problem(refuse("UNAVAILABLE", "the market's book is not known here yet; ask again"));
    return { bids: depth.bids, asks: depth.asks };
  };
  server.get("/depth", { schema: { querystring: OF_MARKET } }, ({ query }) => depthOf(query.market));
  server.get("/depth/:market", { schema: { params: OF_MARKET } }, ({ params }) => depthOf(params.market));

  const balanceOf = async (request: FastifyRequest, user: string | undefined) => {
    const { accountId } = await who(context, request, user, ...KEY_ROLES);
    const [account] = await balances.balancesOf([accountId]);
    const rows = account?.balances ?? [];
    return Object.fromEntries(rows.map(({ currency, available, held }) => [currency, { available, locked: held }]));
  };
  server.get("/balance", { schema: { querystring: OF_USER } }, (request) => balanceOf(request, request.query.user_id));

  server.get("/trade/history", { schema: { querystring: HISTORY } }, async ({ query }) => {
    const { asset } = assetOfMarket(context, query.market);
    const trades = await market.trades(asset, { limit: query.limit });
    if (isRefusal(trades)) throw new Problem(trades);
    const told = trades.reverse().map(({ tradeId, price, quantity, takerSide, executedAtUs }) => {
      const timestamp = Math.floor(executedAtUs / 1_000);
      return { trade_id: tradeId, market: query.market, price, quantity, side: takerSide, timestamp };
    });
    return { trades: told };
  });
};

/** Whose request it is: the key's; without one, the demo account's that it names. Throws a Problem. */
async function who(
  { identification, config }: GatewayContext,
  request: FastifyRequest,
  user: string | undefined,
  ...roles: readonly KeyRole[]
): Promise<Identity> {
  const isDemo = user !== undefined && DEMO_USERS.has(user) && !config.production;
  const headers =
    request.headers.authorization === undefined && isDemo
      ? { authorization: `Basic ${Buffer.from(`${user}:${user}`).toString("base64")}` }
      : request.headers;
  const identity = await identification.identify(headers === request.headers ? request : { headers, ip: request.ip });
  if (isRefusal(identity)) throw new Problem(identity);
  if (user !== undefined && user !== identity.account)
    throw new Problem(refuse("LOGIN_REJECTED", `the key is not of ${user.slice(0, 40)}`), { status: 403 });
  if (roles.includes(identity.role)) return identity;
  throw new Problem(refuse("LOGIN_REJECTED", `a key of the role ${identity.role} may not do this`), { status: 403 });
}

function cancelledJson({ asset, orderId, quantity, filled, side }: OwnOrder) {
  return { order_id: orderUuid(asset, orderId), quantity, executed_quantity: filled, side };
}

function openJson(order: OwnOrder): object {
  return { ...cancelledJson(order), price: order.price };
}
