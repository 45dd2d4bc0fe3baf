import { isKilled, mayRest, refusalAtEntry } from "./admission.js";
import { canceled } from "./events.js";
import { type IncomingOrder, incomingOrder, leavesOf, otherSide, reaches, restingOrder } from "./incoming-order.js";
import { type Market, match } from "./matching.js";

/** The order takes what it can get, then rests or ends. In a call auction it only rests. */
export function enter(incoming: IncomingOrder, market: Market): void {
  const { book, emit, budget } = market;
  if (isKilled(incoming, market)) {
    emit(canceled(incoming, leavesOf(incoming), "fill_or_kill"));
    return;
  }
  budget.startOrder();
  const outcome = book.assetState === "auction" ? "matched" : match(incoming, market);
  if (outcome === "prevented") return;
  const leavesLots = leavesOf(incoming);
  if (outcome === "cut off") {
    emit(canceled(incoming, leavesLots, "event_budget_spent"));
    return;
  }
  if (leavesLots === 0) return;
  if (leavesLots === null)
    emit(canceled(incoming, null, isTooLittle(incoming, market) ? "quote_budget_spent" : "immediate_or_cancel"));
  else if (incoming.limitTicks !== null && mayRest(incoming.terms))
    book.add(restingOrder(incoming, incoming.limitTicks, leavesLots));
  else emit(canceled(incoming, leavesLots, "immediate_or_cancel"));
}

/** Whether its budget buys no lot of those that are in reach: it ended for want of money, not of sellers. */
function isTooLittle(incoming: IncomingOrder, { book }: Market): boolean {
  const seller = book.resting(otherSide(incoming.terms.side)).first();
  return seller !== null && reaches(incoming, seller.priceTicks);
}

/**
 * Runs when the order of a command has come to its end: the stops that the last trade price has reached come in one at
 * a time, each to its own end; their trades may trigger more. While the asset is not open, they wait; those that the
 * command has no events left for come in before the next command does anything.
 */
export function enterTriggeredStops(market: Market): void {
  const { book, emit } = market;
  if (book.assetState !== "open") return;
  for (let stop = book.triggeredStop(); stop !== null; stop = book.triggeredStop()) {
    if (market.budget.isCommandSpent) return;
    const { orderId, accountId, terms } = stop;
    book.remove(stop);
    emit({ kind: "triggered", orderId, accountId });
    const incoming = incomingOrder(orderId, accountId, terms);
    const refusal = refusalAtEntry(incoming, market);
    if (refusal === null) enter(incoming, market);
    else emit(canceled(incoming, leavesOf(incoming), refusal));
  }
}
