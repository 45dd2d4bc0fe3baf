/**
 * Turns the engine's events into reports to accounts. Pure: the orders that an event touches are given, and are changed by it.
 * Used by trade-processing and by the engine's command line.
 */
import type { Asset } from "./assets.js";
import { formatDecimal } from "./decimal.js";
import { assertNever, InvariantBroken } from "./errors.js";
import type { EngineEvent, Reason, RequestRejected, Shortfall, Side, Trade } from "./messages.js";
import { isDone, isMarket, newOrderRecord, type OrderRecord } from "./order-record.js";
import type { ExecutionReport, Liquidity, ReportEvent } from "./reports.js";
import { type EpochUs, lots, type OrderId } from "./units.js";

/** The orders that the event changes or reports on, except new ones. */
export function ordersTouched({ body }: EngineEvent): readonly OrderId[] {
  switch (body.kind) {
    case "trade":
      return [body.makerOrderId, body.takerOrderId];
    case "canceled":
    case "expired":
    case "replaced":
    case "reduced":
    case "triggered":
      return [body.orderId];
    case "cancel_rejected":
    case "replace_rejected":
      return body.orderId === null ? [] : [body.orderId];
    default:
      return [];
  }
}

/**
 * Applies one event to the orders and returns its reports, the maker's before the taker's; settlement adds the fees. Adds new
 * orders to the map, removes none. Throws InvariantBroken if an order is missing, or quantities don't add up.
 */
export function reportsOf(event: EngineEvent, orders: Map<OrderId, OrderRecord>, asset: Asset): ExecutionReport[] {
  const { body, atUs } = event;
  switch (body.kind) {
    case "accepted": {
      const status = body.pendingTrigger ? "pending_trigger" : "open";
      const order = newOrderRecord(body.orderId, body.accountId, body.receivedAtUs, body.order, status);
      orders.set(order.orderId, order);
      return [report(order, "accepted", atUs)];
    }
    case "rejected": {
      const order = newOrderRecord(body.orderId, body.accountId, body.receivedAtUs, body.order, "rejected");
      order.leavesLots = lots(0);
      orders.set(order.orderId, order);
      return [report(order, "rejected", atUs, reasonText(body, order.side, asset))];
    }
    case "trade":
      return [fill(body, orders, "maker", atUs), fill(body, orders, "taker", atUs)];
    case "canceled": {
      const order = live(orders, body.orderId);
      finish(order, "canceled");
      return [report(order, "canceled", atUs, body.reason)];
    }
    case "expired": {
      const order = live(orders, body.orderId);
      finish(order, "expired");
      return [report(order, "expired", atUs, "expired")];
    }
    case "replaced": {
      const order = live(orders, body.orderId);
      order.quantityLots = body.quantityLots;
      order.priceTicks = body.priceTicks;
      order.leavesLots = body.leavesLots;
      order.clientOrderId = body.clientOrderId ?? order.clientOrderId;
      return [report(order, "replaced", atUs)];
    }
    case "reduced": {
      const order = live(orders, body.orderId);
      if (order.quantityLots !== null) order.quantityLots = lots(order.quantityLots - body.byLots);
      order.leavesLots = body.leavesLots;
      return [report(order, "reduced", atUs, "self_trade")];
    }
    case "triggered": {
      const order = live(orders, body.orderId);
      order.status = "open";
      return [report(order, "triggered", atUs)];
    }
    case "cancel_rejected":
    case "replace_rejected":
      return [requestRejected(body, orders, asset, atUs)];
    case "state_changed":
      return [];
    default:
      return assertNever(body);
  }
}

function live(orders: Map<OrderId, OrderRecord>, orderId: OrderId): OrderRecord {
  const order = orders.get(orderId);
  if (order === undefined) throw new InvariantBroken(`order ${orderId} is not known`);
  if (isDone(order)) throw new InvariantBroken(`order ${orderId} is ${order.status} and can't change`);
  return order;
}

function fill(trade: Trade, orders: Map<OrderId, OrderRecord>, liquidity: Liquidity, atUs: EpochUs): ExecutionReport {
  const isMaker = liquidity === "maker";
  const order = live(orders, isMaker ? trade.makerOrderId : trade.takerOrderId);
  const leavesLots = isMaker ? trade.makerLeavesLots : trade.takerLeavesLots;
  order.filledLots = lots(order.filledLots + trade.quantityLots);
  // A buy by budget has no leaves in lots, until the budget is spent and none are left.
  const isSpent = order.quantityLots === null && leavesLots === 0;
  const expected = order.quantityLots === null ? (isSpent ? 0 : null) : order.quantityLots - order.filledLots;
  if (expected !== leavesLots)
    throw new InvariantBroken(`order ${order.orderId} has ${leavesLots} lots left, not ${expected}`);
  order.leavesLots = leavesLots;
  order.status = leavesLots === 0 ? "filled" : "partially_filled";
  return report(order, "trade", atUs, isSpent ? "quote_budget_spent" : null, trade, liquidity);
}

function finish(order: OrderRecord, status: "filled" | "canceled" | "expired"): void {
  order.status = status;
  order.leavesLots = lots(0);
}

/** The fields are named one by one: a spread would cost more than all the rest. */
function report(
  order: OrderRecord,
  event: ReportEvent,
  atUs: EpochUs,
  reason: string | null = null,
  trade: Trade | null = null,
  liquidity: Liquidity | null = null,
  receivedAtUs: EpochUs = order.receivedAtUs,
): ExecutionReport {
  return {
    accountId: order.accountId,
    event,
    status: order.status,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    side: order.side,
    terms: order.terms,
    type: order.type,
    timeInForce: order.timeInForce,
    quantityLots: order.quantityLots,
    priceTicks: isMarket(order) ? null : order.priceTicks,
    filledLots: order.filledLots,
    leavesLots: order.leavesLots,
    tradeId: trade === null ? null : trade.tradeId,
    lastPriceTicks: trade === null ? null : trade.priceTicks,
    lastQuantityLots: trade === null ? null : trade.quantityLots,
    liquidity,
    feeUnits: null,
    reason,
    receivedAtUs,
    matchedAtUs: atUs,
  };
}

/** The report of a refused request; without an order's terms if the order is another account's. */
function requestRejected(
  rejected: RequestRejected,
  orders: Map<OrderId, OrderRecord>,
  asset: Asset,
  atUs: EpochUs,
): ExecutionReport {
  const order = rejected.orderId === null ? undefined : orders.get(rejected.orderId);
  if (order !== undefined && order.accountId === rejected.accountId) {
    const reason = reasonText(rejected, order.side, asset);
    return report(order, rejected.kind, atUs, reason, null, null, rejected.receivedAtUs);
  }
  return {
    accountId: rejected.accountId,
    event: rejected.kind,
    status: "rejected",
    orderId: rejected.orderId,
    clientOrderId: rejected.clientOrderId,
    terms: null,
    side: null,
    type: null,
    timeInForce: null,
    quantityLots: null,
    priceTicks: null,
    filledLots: lots(0),
    leavesLots: null,
    tradeId: null,
    lastPriceTicks: null,
    lastQuantityLots: null,
    liquidity: null,
    feeUnits: null,
    reason: reasonText(rejected, null, asset),
    receivedAtUs: rejected.receivedAtUs,
    matchedAtUs: atUs,
  };
}

interface Refusal {
  readonly reason: Reason;
  readonly firstOrderId: OrderId | null;
  readonly shortfall: Shortfall | null;
}

/** The text of a reason. `side` is the order's, if it is the account's own: it gives the currency of a shortfall. */
function reasonText({ reason, firstOrderId, shortfall }: Refusal, side: Side | null, asset: Asset): string {
  if (firstOrderId !== null) return `${reason}: first used by order ${firstOrderId}`;
  if (shortfall === null || side === null) return reason;
  const [currency, unit] = side === "buy" ? [asset.quote, asset.quoteUnit] : [asset.base, asset.baseUnit];
  const amount = (units: number) => `${formatDecimal(units, unit)} ${currency}`;
  return `${reason}: needs ${amount(shortfall.neededUnits)}, has ${amount(shortfall.availableUnits)}`;
}
