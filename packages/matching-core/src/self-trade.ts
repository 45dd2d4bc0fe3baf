import { CANCEL_BOTH, CANCEL_NEWEST, DECREMENT } from "./codes.js";
import { reasonCode } from "./enumerations.js";
import type { Market } from "./market.js";

const SELF_TRADE = reasonCode("self_trade");

/**
 * The incoming order meets one of its own account, and its self-trade prevention decides which of them ends. False: the
 * incoming order has ended.
 */
export function preventSelfTrade(market: Market, maker: number): boolean {
  const { book, incoming } = market;
  const mode = incoming.selfTradePrevention;
  if (mode === DECREMENT) return decrementBoth(market, maker);
  if (mode !== CANCEL_NEWEST) {
    cancelMaker(market, maker, book.leavesOf(maker));
    if (mode !== CANCEL_BOTH) return true;
  }
  market.events.canceled(incoming.orderId, incoming.accountId, SELF_TRADE, incoming.leavesLots);
  return false;
}

/** Takes the smaller quantity, hidden parts included, from both; one that has nothing left is canceled. */
function decrementBoth(market: Market, maker: number): boolean {
  const { book, incoming, events } = market;
  const makerLeaves = book.leavesOf(maker);
  const byLots = Math.min(incoming.leavesLots, makerLeaves);
  if (byLots === makerLeaves) cancelMaker(market, maker, byLots);
  else {
    book.shrink(maker, makerLeaves - byLots);
    events.reduced(book.orderIdOf(maker), book.accountIdOf(maker), byLots, makerLeaves - byLots);
  }
  incoming.leavesLots -= byLots;
  if (incoming.leavesLots === 0) events.canceled(incoming.orderId, incoming.accountId, SELF_TRADE, byLots);
  else events.reduced(incoming.orderId, incoming.accountId, byLots, incoming.leavesLots);
  return incoming.leavesLots !== 0;
}

function cancelMaker({ book, events }: Market, maker: number, canceledLots: number): void {
  events.canceled(book.orderIdOf(maker), book.accountIdOf(maker), SELF_TRADE, canceledLots);
  book.end(maker);
}
