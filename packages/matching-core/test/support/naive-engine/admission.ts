import type { EpochUs, MarketRules, NewOrder, Reason } from "@bourse/matching-core";
import { type IncomingOrder, leavesOf, otherSide, reaches } from "./incoming-order.js";
import { type Market, tradableLots } from "./matching.js";
import type { OrderBook } from "./order-book.js";

/** Why a new order can't come in, whatever the prices are; null: it can. */
export function refusalOfNew(order: NewOrder, book: OrderBook, clockUs: EpochUs, rules: MarketRules): Reason | null {
  const closed = refusalByState(book);
  if (closed !== null) return closed;
  if (contradictions(order).includes(true)) return "unsupported";
  if (order.selfTradePrevention === "none" && !rules.allowSelfTrade) return "unsupported";
  if (hasTooManySlices(order.quantityLots ?? 0, order.displayLots, rules.displaySlicesMax)) return "too_many_slices";
  if (order.expiresAtMs !== null && order.expiresAtMs <= clockUs / 1000) return "expired";
  if (book.assetState === "auction" && !mayCollect(order)) return "asset_in_auction";
  if (mayStay(order) && book.openOrderCount >= rules.openOrdersMax) return "book_full";
  return null;
}

export function hasTooManySlices(quantityLots: number, displayLots: number | null, slicesMax: number): boolean {
  return displayLots !== null && quantityLots > displayLots * slicesMax;
}

/** Why nothing but cancels is taken at the moment; null: everything is. */
export function refusalByState(book: OrderBook): Reason | null {
  if (book.assetState === "open" || book.assetState === "auction") return null;
  return book.assetState === "cancel_only" ? "asset_cancel_only" : "asset_halted";
}

/** Why an order can't come in at the prices of now; null: it can. A stop is asked when it triggers. */
export function refusalAtEntry(incoming: IncomingOrder, { book, budget }: Market): Reason | null {
  const { postOnly, minimumLots } = incoming.terms;
  if (postOnly && wouldTrade(incoming, book)) return "would_trade";
  if (minimumLots !== null && tradableLots(incoming, book, budget.max) < minimumLots) return "minimum_quantity";
  return null;
}

/** An own order on the other side counts too: a post-only order that reaches it would cross the book. */
export function wouldTrade(incoming: IncomingOrder, book: OrderBook): boolean {
  const best = book.resting(otherSide(incoming.terms.side)).first();
  return best !== null && reaches(incoming, best.priceTicks);
}

export function isKilled(incoming: IncomingOrder, { book, budget }: Market): boolean {
  return incoming.terms.timeInForce === "FOK" && tradableLots(incoming, book, budget.max) < (leavesOf(incoming) ?? 0);
}

/** Whether what is left after matching goes into the book; if not, it is canceled. */
export function mayRest({ type, timeInForce }: NewOrder): boolean {
  const isLimit = type === "limit" || type === "stop_limit";
  return isLimit && (timeInForce === "GTC" || timeInForce === "GTD");
}

function mayStay(order: NewOrder): boolean {
  return mayRest(order) || order.stopPriceTicks !== null;
}

/** In a call auction nothing trades at once: only what can wait is taken. */
function mayCollect(order: NewOrder): boolean {
  return order.stopPriceTicks !== null || (mayRest(order) && order.minimumLots === null);
}

/**
 * Asking for two things that exclude each other. The order-handler explains these to its client (code 207) and never
 * lets one through; here they are refused all the same, so that the book needs no other guard.
 */
function contradictions(order: NewOrder): boolean[] {
  const { type, side, timeInForce, quantityLots, displayLots, minimumLots } = order;
  const isLimit = type === "limit" || type === "stop_limit";
  const isStop = type === "stop_limit" || type === "stop_market";
  const byBudget = order.quoteBudgetUnits !== null;
  const quantity = quantityLots ?? 0;
  return [
    isLimit && order.priceTicks === null,
    isStop !== (order.stopPriceTicks !== null),
    byBudget !== (quantityLots === null),
    !byBudget && quantity < 1,
    byBudget && (type !== "market" || side !== "buy" || timeInForce === "FOK" || minimumLots !== null),
    byBudget && order.selfTradePrevention === "decrement",
    (timeInForce === "GTD") !== (order.expiresAtMs !== null),
    displayLots !== null && (!isLimit || displayLots < 1 || displayLots > quantity),
    minimumLots !== null && minimumLots > quantity,
    order.postOnly && (!mayRest(order) || minimumLots !== null),
  ];
}
