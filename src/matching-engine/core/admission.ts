import { NONE, type OrderTerms } from "../../shared/order-terms.js";
import {
  AUCTION,
  BUY,
  CANCEL_ONLY,
  DECREMENT,
  FOK,
  GTC,
  GTD,
  LIMIT,
  MARKET,
  MODE_NONE,
  NO_OBJECTION,
  OPEN,
  reasonCode,
  STOP_LIMIT,
  STOP_MARKET,
} from "./codes.js";
import type { IncomingOrder } from "./incoming-order.js";
import { tradableLots } from "./matching.js";
import type { OrderBook } from "./order-book.js";

export interface AdmissionRules {
  /** Whether selfTradePrevention "none" may be asked for. */
  readonly allowSelfTrade: boolean;
  /** Orders that may rest or wait for a trigger at the same time. */
  readonly openOrdersMax: number;
}

const ASSET_CANCEL_ONLY = reasonCode("asset_cancel_only");
const ASSET_HALTED = reasonCode("asset_halted");
const ASSET_IN_AUCTION = reasonCode("asset_in_auction");
const UNSUPPORTED = reasonCode("unsupported");
const EXPIRED = reasonCode("expired");
const BOOK_FULL = reasonCode("book_full");
const WOULD_TRADE = reasonCode("would_trade");
const MINIMUM_QUANTITY = reasonCode("minimum_quantity");

/** Why a new order can't come in, whatever the prices are. */
export function objectionToNew(order: OrderTerms, book: OrderBook, clockUs: number, rules: AdmissionRules): number {
  const closed = objectionOfState(book);
  if (closed !== NO_OBJECTION) return closed;
  if (contradictsItself(order)) return UNSUPPORTED;
  if (order.selfTradePrevention === MODE_NONE && !rules.allowSelfTrade) return UNSUPPORTED;
  if (order.expiresAtMs !== NONE && order.expiresAtMs * 1000 <= clockUs) return EXPIRED;
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
export function objectionAtEntry(incoming: IncomingOrder, book: OrderBook): number {
  if (incoming.isPostOnly && wouldTrade(incoming, book)) return WOULD_TRADE;
  if (incoming.minimumLots !== NONE && tradableLots(incoming, book) < incoming.minimumLots) return MINIMUM_QUANTITY;
  return NO_OBJECTION;
}

/** An own order on the other side counts too: a post-only order that reaches it would cross the book. */
export function wouldTrade(incoming: IncomingOrder, book: OrderBook): boolean {
  const makers = incoming.side === BUY ? book.asks : book.bids;
  const best = makers.bestLevel();
  return best !== 0 && makers.keyOf(best) >= incoming.limitKey;
}

export function isKilled(incoming: IncomingOrder, book: OrderBook): boolean {
  return incoming.timeInForce === FOK && tradableLots(incoming, book) < incoming.leavesLots;
}

/** Whether what is left of a limit order after matching goes into the book; if not, it is canceled. */
export function mayRest(timeInForce: number): boolean {
  return timeInForce === GTC || timeInForce === GTD;
}

function mayStay(order: OrderTerms): boolean {
  return order.stopPriceTicks !== NONE || (order.type === LIMIT && mayRest(order.timeInForce));
}

/** In a call auction nothing trades at once: only what can wait is taken. */
function mayCollect(order: OrderTerms): boolean {
  return mayStay(order) && (order.stopPriceTicks !== NONE || order.minimumLots === NONE);
}

/**
 * Asking for two things that exclude each other. The order-handler explains these to its client (code 207) and never
 * lets one through; here they are refused all the same, so that the book needs no other guard.
 */
function contradictsItself(order: OrderTerms): boolean {
  const { type, timeInForce, quantityLots, displayLots, minimumLots } = order;
  const isLimit = type === LIMIT || type === STOP_LIMIT;
  const isStop = type === STOP_LIMIT || type === STOP_MARKET;
  const byBudget = order.quoteBudgetUnits !== NONE;
  return (
    isLimit !== (order.priceTicks !== NONE) ||
    isStop !== (order.stopPriceTicks !== NONE) ||
    byBudget !== (quantityLots === NONE) ||
    (!byBudget && quantityLots < 1) ||
    (byBudget && (type !== MARKET || order.side !== BUY || timeInForce === FOK || minimumLots !== NONE)) ||
    (byBudget && order.selfTradePrevention === DECREMENT) ||
    (timeInForce === GTD) !== (order.expiresAtMs !== NONE) ||
    (displayLots !== NONE && (!isLimit || displayLots < 1 || displayLots > quantityLots)) ||
    (minimumLots !== NONE && minimumLots > quantityLots) ||
    (order.postOnly === 1 && (!isLimit || !mayRest(timeInForce) || minimumLots !== NONE))
  );
}
