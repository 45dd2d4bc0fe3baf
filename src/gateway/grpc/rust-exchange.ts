/** The services of chessbr/rust-exchange, for its clients: an order that is placed, and what a book shows. */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { isRefusal } from "../../shared/domain/rejects.js";
import type { Identity } from "../../shared/http/identification.js";
import { composeNewOrder, findAsset } from "../../shared/requests/order-rules.js";
import type { GatewayContext } from "../context.js";
import { unary } from "./calls.js";
import { BOOK_NOT_YET, depthMessage, type LevelMessage } from "./exchange-messages.js";
import { floatOfTicks, ticksOfFloat } from "./float-price.js";
import { whoAsks } from "./who-asks.js";

interface OrderRequest {
  readonly assetCode: string;
  readonly orderType: number;
  readonly quantity: number;
  readonly price: number;
}

/** Values of OrderType. */
const SIDES = ["buy", "sell"] as const;
/** As many levels of each side as a book tells at most. */
const LEVELS_MAX = 1_000;

/** Who may not trade is told so by a status; what is wrong with an order stands in the answer, as there. */
export function orderService(context: GatewayContext): UntypedServiceImplementation {
  return {
    SendOrder: unary<OrderRequest>(async (request, caller) => {
      const identity = await whoAsks(context.identification, caller, "trade", "operator");
      if (isRefusal(identity)) return identity;
      const problem = await place(context, identity, request);
      return { ok: problem === null, error: problem ?? "" };
    }, context.service.log),
  };
}

export function bookService({ registry, market, service }: GatewayContext): UntypedServiceImplementation {
  return {
    GetBook: unary<{ assetCode: string }>(({ assetCode }) => {
      const asset = findAsset(registry, assetCode);
      if (isRefusal(asset)) return asset;
      const depth = market.depth(asset.asset, LEVELS_MAX);
      if (depth === null) return BOOK_NOT_YET;
      const { bids, asks } = depthMessage(depth, LEVELS_MAX, asset);
      const orderOf = (orderType: number, { priceTicks, quantityLots }: LevelMessage) => {
        return { orderType, quantity: quantityLots, price: floatOfTicks(priceTicks, asset.tick) };
      };
      return { orders: [...bids.map((level) => orderOf(0, level)), ...asks.map((level) => orderOf(1, level))] };
    }, service.log),
  };
}

/** Why the order was not placed, or what ended it at once; null: it was placed. */
async function place(
  { registry, rules, orders }: GatewayContext,
  identity: Identity,
  { assetCode, orderType, quantity, price }: OrderRequest,
): Promise<string | null> {
  const asset = findAsset(registry, assetCode);
  if (isRefusal(asset)) return asset.text;
  const side = SIDES[orderType];
  if (side === undefined) return `order_type ${orderType} is not 0 (BUY) or 1 (SELL)`;
  const ticks = ticksOfFloat(price, asset);
  if (typeof ticks !== "number") return ticks.text;
  const quantityLots = quantity === 0 ? null : Math.min(quantity, Number.MAX_SAFE_INTEGER);
  const order = composeNewOrder(asset, { ...PLAIN_LIMIT, side, quantityLots, priceTicks: ticks }, rules);
  if (isRefusal(order)) return order.text;
  const outcome = await orders.submit(identity, asset, order, "new order");
  if (isRefusal(outcome)) return outcome.text;
  const rejected = outcome.reports?.find(({ event }) => event === "rejected");
  return rejected === undefined ? null : `rejected: ${rejected.reason ?? "without a reason"}`;
}

/** All that an order of this service does not say. */
const PLAIN_LIMIT = {
  type: "limit",
  timeInForce: null,
  clientOrderId: null,
  postOnly: false,
  displayLots: null,
  stopPriceTicks: null,
  expiresAtMs: null,
  minimumLots: null,
  selfTradePrevention: null,
  quoteBudgetUnits: null,
} as const;
