/**
 * Imitates exchange-orderbook (mental32/exchange-orderbook): `/api/trade/:asset/order`, sessions, `/api/public/…`, user and balance.
 * Assets go by their base currency (`btc`), prices and quantities may be whole numbers or decimal text. A session begins with a key
 * id as email and its secret as password, lasts 24 hours and lives in this process; its token, or the key itself, comes as
 * Authorization (Bearer, or Basic). Where that system names a route and no shape, the shape is ours.
 */
import { randomBytes } from "node:crypto";
import { Type } from "@sinclair/typebox";
import type { FastifyRequest } from "fastify";
import { KEY_ROLES, type KeyRole } from "../../shared/access/authentication.js";
import { BalancesStore } from "../../shared/channels/balances-store.js";
import { isRefusal, refuse } from "../../shared/domain/rejects.js";
import type { Identity } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayContext, GatewayPlugin } from "../context.js";
import { AMOUNT, replaceOf, words } from "../orders/order-body.js";
import { answerErrors, orderNotFound } from "./dialect-errors.js";
import { orderOfUuid, orderUuid } from "./order-uuid.js";
import { cancel, place, submit, unlessRejected } from "./placing.js";
import { assetOfBase } from "./symbols.js";

const STRICT = { additionalProperties: false };
const OF_ASSET = Type.Object({ asset: Type.String() });
const ADD = Type.Object(
  {
    side: words("buy", "sell"),
    order_type: words("limit", "market"),
    quantity: AMOUNT,
    price: Type.Optional(AMOUNT),
    time_in_force: Type.Optional(words("gtc", "ioc", "fok")),
    stp: Type.Optional(words("dc", "co", "cn", "cb")),
  },
  STRICT,
);
const ONE = Type.Object({ order_uuid: Type.String() }, STRICT);
const AMEND = Type.Object({ order_uuid: Type.String(), quantity: AMOUNT, price: AMOUNT }, STRICT);
const SESSION = Type.Object({ email: Type.String(), password: Type.String() }, STRICT);
const TOKEN = Type.Object({ session_token: Type.String() }, STRICT);

const PREVENTIONS = { dc: "decrement", co: "cancel_oldest", cn: "cancel_newest", cb: "cancel_both" } as const;
const TIMES_IN_FORCE = { gtc: "GTC", ioc: "IOC", fok: "FOK" } as const;
const SESSION_MS = 24 * 60 * 60 * 1_000;
const SESSIONS_MAX = 10_000;
const DEPTH_LEVELS = 100;
const TRADES = 50;

interface Session {
  /** The credentials that it began with: each use is judged as theirs would be. */
  readonly authorization: string;
  readonly endsAtMs: number;
}

export const exchangeOrderbook: GatewayPlugin = (server, context) => {
  const { registry, market, orders, rules, clock, database } = context;
  const balances = new BalancesStore(database);
  const sessions = new Map<string, Session>();
  answerErrors(server, context);
  const who = async (request: FastifyRequest, ...roles: readonly KeyRole[]): Promise<Identity> => {
    const token = /^Bearer (\w+)$/.exec(request.headers.authorization ?? "")?.[1];
    const session = token === undefined ? undefined : sessions.get(token);
    if (token !== undefined && (session === undefined || session.endsAtMs < clock.nowMs()))
      throw new Problem(refuse("LOGIN_REJECTED", "the session is not known or over; begin another one"));
    const identity = await identify(context, request, session?.authorization);
    if (roles.includes(identity.role)) return identity;
    throw new Problem(refuse("LOGIN_REJECTED", `a key of the role ${identity.role} may not do this`), { status: 403 });
  };
  const orderNamed = (uuid: string, asset: string) => {
    const order = orderOfUuid(uuid, [asset]);
    if (order === null) throw orderNotFound();
    return order;
  };

  const place1 = { params: OF_ASSET, body: ADD };
  server.post("/api/trade/:asset/order", { schema: place1 }, async (request) => {
    const identity = await who(request, "trade", "operator");
    const asset = assetOfBase(context, request.params.asset);
    const { side, order_type: type, quantity, price, time_in_force, stp } = request.body;
    const { logId } = await place(context, identity, asset, {
      asset: asset.asset,
      side,
      type,
      quantity,
      ...(type === "limit" && price !== undefined && { price }),
      ...(time_in_force !== undefined && type === "limit" && { timeInForce: TIMES_IN_FORCE[time_in_force] }),
      ...(stp !== undefined && { selfTradePrevention: PREVENTIONS[stp] }),
    });
    return { order_uuid: orderUuid(asset.asset, logId) };
  });
  server.delete("/api/trade/:asset/order", { schema: { params: OF_ASSET, body: ONE } }, async (request, reply) => {
    const identity = await who(request, "trade", "operator");
    const asset = assetOfBase(context, request.params.asset);
    await cancel(context, identity, asset, orderNamed(request.body.order_uuid, asset.asset));
    return reply.type("text/plain").send("order cancelled");
  });
  for (const method of ["PUT", "PATCH"] as const)
    server.route({
      method,
      url: "/api/trade/:asset/order",
      schema: { params: OF_ASSET, body: AMEND },
      handler: async (request) => {
        const identity = await who(request, "trade", "operator");
        const asset = assetOfBase(context, request.params.asset);
        const { order_uuid, quantity, price } = request.body;
        const order = orderNamed(order_uuid, asset.asset);
        const replace = replaceOf(asset, order.orderId, { quantity, price }, rules);
        unlessRejected(await submit(orders, identity, asset, replace, order));
        return { order_uuid };
      },
    });

  server.post("/api/session", { schema: { body: SESSION } }, async (request) => {
    const { email, password } = request.body;
    const authorization = `Basic ${Buffer.from(`${email}:${password}`).toString("base64")}`;
    await identify(context, request, authorization);
    const [oldest] = sessions.keys();
    if (sessions.size >= SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
    const session_token = randomBytes(32).toString("hex");
    sessions.set(session_token, { authorization, endsAtMs: clock.nowMs() + SESSION_MS });
    return { session_token };
  });
  server.delete("/api/session", { schema: { body: TOKEN } }, async (request, reply) =>
    reply.code(sessions.delete(request.body.session_token) ? 204 : 404).send(),
  );

  const time = () => new Date(clock.nowEpochMs()).toISOString();
  for (const path of ["/api/public/time", "/public/time"])
    server.get(path, (_, reply) => reply.type("text/plain").send(time()));
  server.get("/api/public/asset_pairs", () =>
    Object.fromEntries(
      Array.from(registry.assets.values(), ({ asset, base, quote, tickSize, lotSize }) => [
        asset,
        { base, quote, tick_size: tickSize, lot_size: lotSize },
      ]),
    ),
  );
  server.get("/api/public/orderbook/:asset", { schema: { params: OF_ASSET } }, ({ params }) => {
    const { asset } = assetOfBase(context, params.asset);
    const depth = market.depth(asset, DEPTH_LEVELS);
    if (depth === null) throw new Problem(refuse("UNAVAILABLE", "the asset's book is not known here yet; ask again"));
    return { asset, bids: depth.bids, asks: depth.asks };
  });
  server.get("/api/public/market_data/:asset", { schema: { params: OF_ASSET } }, async ({ params }) => {
    const { asset } = assetOfBase(context, params.asset);
    const trades = await market.trades(asset, { limit: TRADES });
    if (isRefusal(trades)) throw new Problem(trades);
    return { asset, ticker: market.ticker(asset), trades };
  });

  server.get("/api/user", async (request) => {
    const { accountId, account, keyId } = await who(request, ...KEY_ROLES);
    return { id: accountId, name: account, email: keyId };
  });
  server.get("/api/user/balance", async (request) => {
    const [account] = await balances.balancesOf([(await who(request, ...KEY_ROLES)).accountId]);
    return { balances: account?.balances ?? [] };
  });
};

/** Throws a Problem. */
async function identify(
  { identification }: GatewayContext,
  request: FastifyRequest,
  authorization: string | undefined,
): Promise<Identity> {
  const asked = authorization === undefined ? request : { headers: { authorization }, ip: request.ip };
  const identity = await identification.identify(asked);
  if (isRefusal(identity)) throw new Problem(identity);
  return identity;
}
