/** Requests of accounts. Each function first checks everything; if it has an objection, it returns that and changes nothing. */

import { objectionAtEntry, objectionOfState, wouldTrade } from "./admission.js";
import { BUY, HALTED, HAS_STOP_PRICE, NO_OBJECTION, NONE, OPEN, SELL } from "./codes.js";
import { reasonCode } from "./enumerations.js";
import type { Market } from "./market.js";
import type { OrderBook } from "./order-book.js";
import { enter } from "./order-entry.js";
import { FILLED, OWNER, OWNER_NEXT, ROW_FLOATS, ROW_INTS, TERMS, TERMS_POST_ONLY } from "./order-layout.js";
import type { OrderTerms } from "./order-terms.js";

const REQUESTED = reasonCode("requested");
const UNKNOWN_ORDER = reasonCode("unknown_order");
const UNKNOWN_CLIENT_ORDER_ID = reasonCode("unknown_client_order_id");
const UNSUPPORTED = reasonCode("unsupported");
const ASSET_HALTED = reasonCode("asset_halted");
const WOULD_TRADE = reasonCode("would_trade");
const BELOW_FILLED = reasonCode("below_filled");
const NOT_COVERED = reasonCode("not_covered");
const TOO_MANY_SLICES = reasonCode("too_many_slices");

/** Places an order that `objectionToNew` accepts. A stop waits; the engine lets it in when its price is reached. */
export function placeOrder(market: Market, order: OrderTerms): number {
  const { book, incoming, request, events } = market;
  incoming.read(request, book.owners.find(request.accountId), order);
  if ((order.has & HAS_STOP_PRICE) !== 0) {
    const triggersNow = book.assetState === OPEN && book.isTriggered(order.side, order.stopPriceTicks);
    events.accepted(request, triggersNow ? 0 : 1, order);
    book.wait(incoming, order.stopPriceTicks);
    return NO_OBJECTION;
  }
  const objection = objectionAtEntry(market);
  if (objection !== NO_OBJECTION) return objection;
  events.accepted(request, 0, order);
  enter(market);
  return NO_OBJECTION;
}

/** `orderId` is NONE if a client order id has led to no order. */
export function cancelOrder(market: Market, orderId: number): number {
  const { book, request } = market;
  if (book.assetState === HALTED) return ASSET_HALTED;
  if (orderId === NONE) return UNKNOWN_CLIENT_ORDER_ID;
  const slot = ownOrder(book, request.accountId, orderId);
  if (slot === 0) return UNKNOWN_ORDER;
  cancel(market, slot, REQUESTED);
  return NO_OBJECTION;
}

/**
 * Cancels the account's orders, the oldest first; `side` is NONE for both sides. Works in a halted market, too: a dead man's
 * switch must not be lost there, or the orders of a client who is gone would trade at the reopening.
 */
export function cancelAll(market: Market, side: number): void {
  const { book, request } = market;
  const account = book.owners.find(request.accountId);
  if (account === 0) return;
  let buy = side === SELL ? 0 : book.owners.first(account * 2 + BUY);
  let sell = side === BUY ? 0 : book.owners.first(account * 2 + SELL);
  while (buy !== 0 || sell !== 0) {
    const isBuy = sell === 0 || (buy !== 0 && book.orderIdOf(buy) < book.orderIdOf(sell));
    const slot = isBuy ? buy : sell;
    const next = book.rows.ints[slot * ROW_INTS + OWNER_NEXT] as number;
    cancel(market, slot, REQUESTED);
    if (isBuy) buy = next;
    else sell = next;
  }
}

/** Replaces an order. With the same price and no more quantity it keeps its place; else it comes in again, and may trade. */
export function replaceOrder(
  market: Market,
  orderId: number,
  quantityLots: number,
  priceTicks: number,
  clientOrderId: string | null,
): number {
  const { book, request, events } = market;
  const closed = objectionOfState(book);
  if (closed !== NO_OBJECTION) return closed;
  const slot = ownOrder(book, request.accountId, orderId);
  if (slot === 0) return UNKNOWN_ORDER;
  if (book.isWaiting(slot)) return UNSUPPORTED;
  const filledLots = book.rows.floats[slot * ROW_FLOATS + FILLED] as number;
  if (quantityLots <= filledLots) {
    events.canceledByReplace(request, orderId, BELOW_FILLED, book.leavesOf(slot));
    book.end(slot);
    return NO_OBJECTION;
  }
  const leavesLots = quantityLots - filledLots;
  if (request.cover !== NONE && !isCovered(book, slot, leavesLots, priceTicks, request.cover)) return NOT_COVERED;
  if (leavesLots > book.leavesOf(slot) && hasTooManySlices(market, slot, leavesLots)) return TOO_MANY_SLICES;
  if (leavesLots > book.leavesOf(slot) || book.priceOf(slot) !== priceTicks)
    return moveOrder(market, slot, quantityLots, priceTicks, leavesLots, clientOrderId);
  book.shrink(slot, leavesLots);
  events.replaced(request, orderId, quantityLots, priceTicks, leavesLots, 1, clientOrderId);
  return NO_OBJECTION;
}

/** Whether the hold of the order and the cover of its replace are enough for the changed order. */
function isCovered(book: OrderBook, slot: number, leavesLots: number, priceTicks: number, cover: number): boolean {
  if (book.sideOf(slot) === SELL) return leavesLots - book.leavesOf(slot) <= cover;
  return leavesLots * priceTicks - book.leavesOf(slot) * book.priceOf(slot) <= cover;
}

function hasTooManySlices({ book, rules }: Market, slot: number, leavesLots: number): boolean {
  const displayLots = book.displayOf(slot);
  return displayLots !== NONE && leavesLots > displayLots * rules.displaySlicesMax;
}

function moveOrder(
  market: Market,
  slot: number,
  quantityLots: number,
  priceTicks: number,
  leavesLots: number,
  clientOrderId: string | null,
): number {
  const { book, incoming, request, events } = market;
  if (((book.rows.ints[slot * ROW_INTS + TERMS] as number) & TERMS_POST_ONLY) !== 0) {
    incoming.side = book.sideOf(slot);
    incoming.setLimit(priceTicks);
    if (wouldTrade(incoming, book)) return WOULD_TRADE;
  }
  book.takeUp(slot, incoming);
  incoming.setLimit(priceTicks);
  incoming.leavesLots = leavesLots;
  events.replaced(request, incoming.orderId, quantityLots, priceTicks, leavesLots, 0, clientOrderId);
  enter(market);
  return NO_OBJECTION;
}

function cancel({ book, events }: Market, slot: number, reason: number): void {
  events.canceled(book.orderIdOf(slot), book.accountIdOf(slot), reason, book.leavesOf(slot));
  book.end(slot);
}

/** The account's open order with this id; 0 for one that is unknown, finished or another account's, so that nothing leaks. */
function ownOrder(book: OrderBook, accountId: number, orderId: number): number {
  const slot = book.rows.find(orderId);
  if (slot === 0) return 0;
  const account = (book.rows.ints[slot * ROW_INTS + OWNER] as number) >> 1;
  return book.owners.accountIds[account] === accountId ? slot : 0;
}
