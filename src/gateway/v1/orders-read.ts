/** An account's own orders and what became of them. Another account's are answered as those that do not exist. */
import { type Static, Type } from "@sinclair/typebox";
import { KEY_ROLES } from "../../shared/access/authentication.js";
import { AccountStore, type PageAsked } from "../../shared/channels/account-store.js";
import { placeOf, placeText } from "../../shared/channels/orders-request.js";
import { OrdersStore } from "../../shared/channels/orders-store.js";
import { refuse } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import { type Identity, identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { MessageTimes } from "../../shared/order-way/message-times.js";
import type { GatewayPlugin } from "../context.js";
import { assetNamed } from "../orders/order-body.js";
import { orderSteps, STEPS as STEP_NAMES } from "../orders/order-steps.js";
import { PLACE as ORDER_PLACE, orderIdOf } from "./order-place.js";
import {
  EPOCH_US,
  limit,
  NEXT,
  NEXT_SEQUENCE,
  notANext,
  ORDER,
  PLACE,
  query,
  REPORT,
  type ReportAnswer,
} from "./schemas.js";

const ORDERS_MAX = 500;
const FILLS_MAX = 500;
/** Orders whose way is looked up at once: each takes tens of requests to nats-server, which stores orders meanwhile. */
const WAYS_MAX = 8;
const REPORTS_MAX = 500;

const ORDERS = Type.Object({
  orders: Type.Array(ORDER),
  accountSequence: Type.Optional(
    Type.Integer({ description: "of open orders: the account's report that they are as of" }),
  ),
  next: NEXT,
});
const FILLS = Type.Object({ fills: Type.Array(REPORT), next: NEXT_SEQUENCE });
const STEPS = Type.Object({
  steps: Type.Array(
    Type.Object({
      step: Type.Unsafe<(typeof STEP_NAMES)[number]>({ type: "string", enum: [...STEP_NAMES] }),
      atUs: Type.Optional(EPOCH_US),
    }),
    { description: "in their order; a time is missing where nobody knows it any more: messages are kept for a while" },
  ),
});
const tags = ["orders"];
const ONE_AT_A_TIME = refuse(
  "RATE_LIMITED",
  "the way of an order of yours is being looked up; ask when that is answered",
);
const TOO_MANY_WAYS = refuse("BUSY", "the ways of many orders are being looked up; ask again");

export const ordersRead: GatewayPlugin = (server, { database, bus, registry, identification }) => {
  const own = new AccountStore(database, registry.assets);
  const open = new OrdersStore(database, registry.assets);
  const times = new MessageTimes(bus);
  /** Accounts for which an order's way is looked up: one each. */
  const lookedUpFor = new Set<AccountId>();
  const preValidation = identification.requires(...KEY_ROLES);
  const assetIn = (name: string | undefined) => (name === undefined ? null : assetNamed(registry, name).asset);

  /** Throws a Problem unless the order is there, and the account's. */
  async function orderIn(identity: Identity, { asset: name, order: text }: Static<typeof ORDER_PLACE>) {
    const asset = assetNamed(registry, name);
    const found = await own.order(identity.accountId, name, await orderIdOf({ database }, identity, asset, text));
    if (found !== null) return found as Static<typeof ORDER>;
    const problem = refuse("UNKNOWN_ORDER", `no order of yours in ${name} has this order id`);
    throw new Problem(problem, { field: "order", value: text });
  }

  server.get(
    "/v1/orders",
    {
      preValidation,
      schema: {
        tags,
        summary: "Own orders: the open ones by asset and id, or all there ever were, the newest first",
        querystring: query({
          status: Type.Optional(
            Type.Unsafe<"open" | "all">({ type: "string", enum: ["open", "all"], default: "open" }),
          ),
          asset: Type.Optional(Type.String()),
          limit: limit(ORDERS_MAX, 100),
          next: NEXT,
        }),
        response: { 200: ORDERS },
      },
    },
    async (request): Promise<Static<typeof ORDERS>> => {
      const { status = "open", asset: name, limit = 100, next } = request.query;
      const { accountId } = identityOf(request);
      const asset = assetIn(name);
      if (status === "all") {
        const page = await own.orders(accountId, { asset, before: sequenceIn(next), limit });
        const following = page.next === null ? {} : { next: String(page.next) };
        return { orders: page.items as Static<typeof ORDER>[], ...following };
      }
      const from = next === undefined ? { asset: asset ?? "", orderId: 0 } : placeOf(next);
      if (from === null) throw notANext(next);
      const page = await open.openOrdersAfter(accountId, from, limit);
      const all = page.openOrders as Static<typeof ORDER>[];
      const orders = asset === null ? all : all.filter((order) => order.asset === asset);
      const isOver = page.next === null || (asset !== null && page.next.asset !== asset);
      const { accountSequence } = page;
      return { accountSequence, orders, ...(!isOver && page.next !== null && { next: placeText(page.next) }) };
    },
  );

  server.get(
    "/v1/orders/:asset/:order",
    { preValidation, schema: { tags, summary: "One of your orders", params: ORDER_PLACE, response: { 200: ORDER } } },
    (request) => orderIn(identityOf(request), request.params),
  );

  server.get(
    "/v1/orders/:asset/:order/fills",
    {
      preValidation,
      schema: {
        tags,
        summary: "An order's fills, oldest first",
        params: ORDER_PLACE,
        querystring: query({ limit: limit(FILLS_MAX, 100), next: NEXT_SEQUENCE }),
        response: { 200: FILLS },
      },
    },
    async (request): Promise<Static<typeof FILLS>> => {
      const { limit = 100, next = 0 } = request.query;
      const identity = identityOf(request);
      const { asset, orderId = 0 } = await orderIn(identity, request.params);
      const fills = (await own.fillsOf(identity.accountId, asset, orderId, next, limit)) as ReportAnswer[];
      const last = fills.at(-1)?.accountSequence;
      return { fills, ...(fills.length === limit && last !== undefined && { next: last }) };
    },
  );

  server.get(
    "/v1/orders/:asset/:order/steps",
    {
      preValidation,
      schema: {
        tags,
        summary:
          "An order's way through the exchange: when it was received, on disk, logged, matched, settled, published",
        params: ORDER_PLACE,
        response: { 200: STEPS },
      },
    },
    async (request): Promise<Static<typeof STEPS>> => {
      const identity = identityOf(request);
      const { accountId } = identity;
      const { asset, orderId = 0 } = await orderIn(identity, request.params);
      if (lookedUpFor.has(accountId)) throw new Problem(ONE_AT_A_TIME);
      if (lookedUpFor.size >= WAYS_MAX) throw new Problem(TOO_MANY_WAYS);
      lookedUpFor.add(accountId);
      try {
        return { steps: await orderSteps(database, times, [accountId, asset, orderId]) };
      } finally {
        lookedUpFor.delete(accountId);
      }
    },
  );

  server.get(
    "/v1/fills",
    {
      preValidation,
      schema: {
        tags,
        summary: "Own trades, the newest first; a page may be short, or empty, while there is a next one",
        querystring: query({ asset: Type.Optional(Type.String()), limit: limit(FILLS_MAX, 100), next: NEXT_SEQUENCE }),
        response: { 200: FILLS },
      },
    },
    async (request): Promise<Static<typeof FILLS>> => {
      const { asset: name, limit = 100, next } = request.query;
      const page: PageAsked = { asset: assetIn(name), before: next, limit };
      const { items, next: following } = await own.fills(identityOf(request).accountId, page);
      return { fills: items as ReportAnswer[], ...(following !== null && { next: following }) };
    },
  );

  server.get(
    "/v1/reports",
    {
      preValidation,
      schema: {
        tags,
        summary: "Everything that your account was told after a place in its sequence, in order and without a gap",
        querystring: query({
          from: PLACE("the last accountSequence that you have; 0: from the first report on"),
          limit: limit(REPORTS_MAX, 100),
        }),
        response: { 200: Type.Object({ reports: Type.Array(REPORT), next: NEXT_SEQUENCE }) },
      },
    },
    async (request) => {
      const { from = 0, limit = 100 } = request.query;
      const found = await open.reportsAfter(identityOf(request).accountId, from, limit);
      const reports = found.map(({ json }) => json as Static<typeof REPORT>);
      const last = found.at(-1)?.accountSequence;
      return { reports, ...(found.length === limit && last !== undefined && { next: last }) };
    },
  );
};

function sequenceIn(next: string | undefined): number | undefined {
  if (next === undefined) return undefined;
  const sequence = /^\d{1,16}$/.test(next) ? Number(next) : 0;
  if (sequence < 1 || !Number.isSafeInteger(sequence)) throw notANext(next);
  return sequence;
}
