import { isKilled, mayRest, objectionAtEntry } from "./admission.js";
import { AUCTION, BUY, CUT_OFF, MATCHED, NO_OBJECTION, NONE, OPEN, SELL } from "./codes.js";
import { reasonCode } from "./enumerations.js";
import type { Market } from "./market.js";
import { match } from "./matching.js";

const IMMEDIATE_OR_CANCEL = reasonCode("immediate_or_cancel");
const FILL_OR_KILL = reasonCode("fill_or_kill");
const EVENT_BUDGET_SPENT = reasonCode("event_budget_spent");
const QUOTE_BUDGET_SPENT = reasonCode("quote_budget_spent");

/**
 * Lets the incoming order in: it trades what it can, then rests or ends; one whose event budget is spent ends, too. In a call
 * auction it only rests.
 */
export function enter(market: Market): void {
  const { book, incoming } = market;
  if (book.assetState !== AUCTION) {
    if (isKilled(market)) {
      end(market, FILL_OR_KILL);
      return;
    }
    market.orderEventsThrough = market.events.lastEventSequence + market.rules.eventsPerCommandMax;
    const outcome = match(market);
    if (outcome !== MATCHED) {
      if (outcome === CUT_OFF) end(market, EVENT_BUDGET_SPENT);
      else leave(market);
      return;
    }
  }
  if (incoming.leavesLots === 0) leave(market);
  else if (incoming.leavesLots === NONE) end(market, isTooLittle(market) ? QUOTE_BUDGET_SPENT : IMMEDIATE_OR_CANCEL);
  else if (!incoming.isMarket && mayRest(incoming.timeInForce)) book.rest(incoming);
  else end(market, IMMEDIATE_OR_CANCEL);
}

/** Cancels what is left of the incoming order. */
function end(market: Market, reason: number): void {
  const { incoming, events } = market;
  events.canceled(incoming.orderId, incoming.accountId, reason, incoming.leavesLots);
  leave(market);
}

/** Frees the row of an incoming order that has ended, if it had one. */
function leave({ book, incoming }: Market): void {
  if (incoming.slot !== 0) book.close(incoming.slot);
}

/** Whether the budget is too small for one lot at the best price in reach: the order ends for want of money, not of sellers. */
function isTooLittle({ book, incoming }: Market): boolean {
  const makers = book.resting(1 - incoming.side);
  const level = makers.bestLevel();
  return level !== 0 && makers.keyOf(level) >= incoming.limitKey;
}

/**
 * Lets in the stops that the last trade price has reached, one at a time and each to its end; their trades may trigger more.
 * Called when the order of a command has come to its end. While the asset is not open, stops wait; those that the command has
 * no events left for come in at the start of the next command.
 */
export function enterTriggeredStops(market: Market): void {
  if (market.book.assetState !== OPEN) return;
  market.isCascadeOpen = false;
  for (let stop = triggeredStop(market); stop !== 0; stop = triggeredStop(market)) {
    const { book, incoming, events } = market;
    if (events.lastEventSequence >= market.commandEventsThrough) {
      market.isCascadeOpen = true;
      return;
    }
    book.takeUp(stop, incoming);
    events.triggered(incoming.orderId, incoming.accountId);
    const objection = objectionAtEntry(market);
    if (objection === NO_OBJECTION) enter(market);
    else end(market, objection);
  }
}

/** The next stop that the last trade price has reached: nearest stop price first, of those the oldest; 0: none. */
export function triggeredStop({ book }: Market): number {
  const buy = book.buyStops.bestLevel();
  if (buy !== 0 && book.isTriggered(BUY, book.buyStops.priceOf(buy))) return book.buyStops.firstOf(buy);
  const sell = book.sellStops.bestLevel();
  if (sell !== 0 && book.isTriggered(SELL, book.sellStops.priceOf(sell))) return book.sellStops.firstOf(sell);
  return 0;
}
