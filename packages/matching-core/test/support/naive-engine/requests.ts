/**
 * What accounts ask for. Each function checks everything first and returns the reason if it refuses, having changed
 * nothing; null: carried out.
 */
import {
  type AccountId,
  type CancelAll,
  type CancelOrder,
  type EpochUs,
  type Lots,
  lots,
  type NewOrder,
  type OrderId,
  type Reason,
  type ReplaceOrder,
} from "@bourse/matching-core";
import { hasTooManySlices, refusalAtEntry, refusalByState, wouldTrade } from "./admission.js";
import { canceled } from "./events.js";
import { incomingAgain, incomingOrder } from "./incoming-order.js";
import type { Market } from "./matching.js";
import { leavesOfOpen, type OpenOrder, type OrderBook, type RestingOrder } from "./order-book.js";
import { enter } from "./order-entry.js";

/** An order that `refusalOfNew` has nothing against. A stop waits; the engine looks after it when this returns. */
export function placeOrder(
  market: Market,
  orderId: OrderId,
  accountId: AccountId,
  receivedAtUs: EpochUs,
  order: NewOrder,
): Reason | null {
  const { book, emit } = market;
  const { side, stopPriceTicks } = order;
  if (stopPriceTicks !== null) {
    const pendingTrigger = book.assetState !== "open" || !book.isTriggered(side, stopPriceTicks);
    emit({ kind: "accepted", orderId, accountId, receivedAtUs, pendingTrigger, order });
    book.add({ kind: "pending", orderId, accountId, terms: order, stopPriceTicks });
    return null;
  }
  const incoming = incomingOrder(orderId, accountId, order);
  const refusal = refusalAtEntry(incoming, market);
  if (refusal !== null) return refusal;
  emit({ kind: "accepted", orderId, accountId, receivedAtUs, pendingTrigger: false, order });
  enter(incoming, market);
  return null;
}

export function cancelOrder(market: Market, accountId: AccountId, request: CancelOrder): Reason | null {
  if (market.book.assetState === "halted") return "asset_halted";
  if (request.orderId === null) return "unknown_client_order_id";
  const order = ownOrder(market.book, accountId, request.orderId);
  if (order === null) return "unknown_order";
  cancel(market, order, "requested");
  return null;
}

/**
 * Oldest first. Works in a halted market too: a dead man's switch must not be lost there, or the orders of somebody who
 * is gone would trade at the reopening.
 */
export function cancelAll(market: Market, accountId: AccountId, { side }: CancelAll): null {
  for (const order of market.book.openOrdersOf(accountId, side)) cancel(market, order, "requested");
  return null;
}

/** The same price with no more quantity keeps its place; anything else comes in again, and may trade. */
export function replaceOrder(market: Market, accountId: AccountId, request: ReplaceOrder): Reason | null {
  const { book } = market;
  const closed = refusalByState(book);
  if (closed !== null) return closed;
  const order = ownOrder(book, accountId, request.orderId);
  if (order === null) return "unknown_order";
  if (order.kind === "pending") return "unsupported";
  if (request.quantityLots <= order.filledLots) {
    cancel(market, order, "below_filled", request.cover);
    return null;
  }
  const leavesLots = lots(request.quantityLots - order.filledLots);
  if (request.cover !== null && neededFor(order, leavesLots, request.priceTicks) > request.cover) return "not_covered";
  const { displayLots } = order.terms;
  if (leavesLots > order.leavesLots && hasTooManySlices(leavesLots, displayLots, market.displaySlicesMax))
    return "too_many_slices";
  const keepsPlace = request.priceTicks === order.priceTicks && leavesLots <= order.leavesLots;
  return keepsPlace ? shrink(market, order, request, leavesLots) : moveOrder(market, order, request, leavesLots);
}

/** What the order would need beyond what it needs now: ticks × lots for a buy, lots for a sell. */
function neededFor(order: RestingOrder, leavesLots: Lots, priceTicks: number): number {
  if (order.terms.side === "sell") return leavesLots - order.leavesLots;
  return leavesLots * priceTicks - order.leavesLots * order.priceTicks;
}

function shrink(market: Market, order: RestingOrder, request: ReplaceOrder, leavesLots: Lots): null {
  order.leavesLots = leavesLots;
  order.shownLots = lots(Math.min(order.shownLots, leavesLots));
  emitReplaced(market, order, request, leavesLots, "keeps its place");
  return null;
}

function moveOrder(market: Market, order: RestingOrder, request: ReplaceOrder, leavesLots: Lots): Reason | null {
  const incoming = incomingAgain(order, request.priceTicks, leavesLots);
  if (order.terms.postOnly && wouldTrade(incoming, market.book)) return "would_trade";
  market.book.remove(order);
  emitReplaced(market, order, request, leavesLots, "goes to the back");
  enter(incoming, market);
  return null;
}

function emitReplaced(
  market: Market,
  { orderId, accountId }: RestingOrder,
  { quantityLots, priceTicks, clientOrderId, cover }: ReplaceOrder,
  leavesLots: Lots,
  place: "keeps its place" | "goes to the back",
): void {
  const keptPriority = place === "keeps its place";
  market.emit({
    kind: "replaced",
    orderId,
    accountId,
    quantityLots,
    priceTicks,
    leavesLots,
    keptPriority,
    clientOrderId,
    cover,
  });
}

function cancel({ book, emit }: Market, order: OpenOrder, reason: Reason, cover: number | null = null): void {
  book.remove(order);
  emit({ ...canceled(order, leavesOfOpen(order), reason), cover });
}

/** Unknown, finished or somebody else's: all the same to who asks, so that nothing is given away. */
function ownOrder(book: OrderBook, accountId: AccountId, orderId: OrderId): OpenOrder | null {
  const order = book.find(orderId);
  return order?.accountId === accountId ? order : null;
}
