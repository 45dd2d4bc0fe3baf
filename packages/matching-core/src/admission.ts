import {
  AUCTION,
  BUY,
  CANCEL_ONLY,
  DECREMENT,
  FOK,
  GTC,
  GTD,
  HAS_BUDGET,
  HAS_DISPLAY,
  HAS_EXPIRY,
  HAS_MINIMUM,
  HAS_PRICE,
  HAS_QUANTITY,
  HAS_STOP_PRICE,
  LIMIT,
  MARKET,
  MODE_NONE,
  NO_OBJECTION,
  NONE,
  OPEN,
  STOP_LIMIT,
  STOP_MARKET,
} from "./codes.js";
import { reasonCode } from "./enumerations.js";
import type { IncomingOrder } from "./incoming-order.js";
import type { Market } from "./market.js";
import type { OrderBook } from "./order-book.js";
import type { OrderTerms } from "./order-terms.js";
import type { MarketRules } from "./rules.js";
import { isSufficient } from "./sufficiency.js";

const ASSET_CANCEL_ONLY = reasonCode("asset_cancel_only");
const ASSET_HALTED = reasonCode("asset_halted");
const ASSET_IN_AUCTION = reasonCode("asset_in_auction");
const TOO_MANY_SLICES = reasonCode("too_many_slices");
const UNSUPPORTED = reasonCode("unsupported");
const EXPIRED = reasonCode("expired");
const BOOK_FULL = reasonCode("book_full");
const WOULD_TRADE = reasonCode("would_trade");
const MINIMUM_QUANTITY = reasonCode("minimum_quantity");

/** Why a new order can't come in, whatever the prices are. */
export function objectionToNew(order: OrderTerms, book: OrderBook, clockUs: number, rules: MarketRules): number {
  const closed = objectionOfState(book);
  if (closed !== NO_OBJECTION) return closed;
  if (contradictsItself(order)) return UNSUPPORTED;
  if (order.selfTradePrevention === MODE_NONE && !rules.allowSelfTrade) return UNSUPPORTED;
  if ((order.has & HAS_DISPLAY) !== 0 && order.quantityLots > order.displayLots * rules.displaySlicesMax)
    return TOO_MANY_SLICES;
  if ((order.has & HAS_EXPIRY) !== 0 && order.expiresAtMs * 1000 <= clockUs) return EXPIRED;
  if (book.assetState === AUCTION && !mayCollect(order)) return ASSET_IN_AUCTION;
  if (book.rows.count >= rules.openOrdersMax && mayStay(order)) return BOOK_FULL;
  return NO_OBJECTION;
}

/** Why nothing but cancels is taken at the moment. */
export function objectionOfState({ assetState }: OrderBook): number {
  if (assetState === OPEN || assetState === AUCTION) return NO_OBJECTION;
  return assetState === CANCEL_ONLY ? ASSET_CANCEL_ONLY : ASSET_HALTED;
}

/** Why an order can't come in at the prices of now. A stop is asked when it triggers. */
export function objectionAtEntry({ incoming, book, rules }: Market): number {
  if (incoming.isPostOnly && wouldTrade(incoming, book)) return WOULD_TRADE;
  const { minimumLots } = incoming;
  if (minimumLots !== NONE && !isSufficient(incoming, book, minimumLots, rules.eventsPerCommandMax))
    return MINIMUM_QUANTITY;
  return NO_OBJECTION;
}

/** An own order on the other side counts too: a post-only order that reaches it would cross the book. */
export function wouldTrade(incoming: IncomingOrder, book: OrderBook): boolean {
  const makers = incoming.side === BUY ? book.asks : book.bids;
  const best = makers.bestLevel();
  return best !== 0 && makers.keyOf(best) >= incoming.limitKey;
}

export function isKilled({ incoming, book, rules }: Market): boolean {
  if (incoming.timeInForce !== FOK) return false;
  return !isSufficient(incoming, book, incoming.leavesLots, rules.eventsPerCommandMax);
}

/** Whether what is left of a limit order after matching goes into the book; if not, it is canceled. */
export function mayRest(timeInForce: number): boolean {
  return timeInForce === GTC || timeInForce === GTD;
}

function mayStay(order: OrderTerms): boolean {
  return (order.has & HAS_STOP_PRICE) !== 0 || (order.type === LIMIT && mayRest(order.timeInForce));
}

/** In a call auction nothing trades at once: only what can wait is taken. */
function mayCollect(order: OrderTerms): boolean {
  return mayStay(order) && ((order.has & HAS_STOP_PRICE) !== 0 || (order.has & HAS_MINIMUM) === 0);
}

/**
 * Asking for two things that exclude each other. The order-handler explains these to its client (code 207) and never
 * lets one through; here they are refused all the same, so that the book needs no other guard.
 */
function contradictsItself(order: OrderTerms): boolean {
  const { type, timeInForce, has, quantityLots, displayLots, minimumLots } = order;
  // Nearly all orders are of this kind.
  if (has === (HAS_QUANTITY | HAS_PRICE) && type === LIMIT && timeInForce !== GTD && order.postOnly === 0)
    return quantityLots < 1;
  const isLimit = type === LIMIT || type === STOP_LIMIT;
  const isStop = type === STOP_LIMIT || type === STOP_MARKET;
  const byBudget = (has & HAS_BUDGET) !== 0;
  const hasDisplay = (has & HAS_DISPLAY) !== 0;
  const hasMinimum = (has & HAS_MINIMUM) !== 0;
  return (
    (isLimit && (has & HAS_PRICE) === 0) ||
    isStop !== ((has & HAS_STOP_PRICE) !== 0) ||
    byBudget !== ((has & HAS_QUANTITY) === 0) ||
    (!byBudget && quantityLots < 1) ||
    (byBudget && (type !== MARKET || order.side !== BUY || timeInForce === FOK || hasMinimum)) ||
    (byBudget && order.selfTradePrevention === DECREMENT) ||
    (timeInForce === GTD) !== ((has & HAS_EXPIRY) !== 0) ||
    (hasDisplay && (!isLimit || displayLots < 1 || displayLots > quantityLots)) ||
    (hasMinimum && minimumLots > quantityLots) ||
    (order.postOnly === 1 && (!isLimit || !mayRest(timeInForce) || hasMinimum))
  );
}
