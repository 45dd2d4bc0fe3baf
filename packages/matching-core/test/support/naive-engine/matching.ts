import { type Lots, lots, type PriceTicks, tradeId } from "@bourse/matching-core";
import type { EventBudget } from "./event-budget.js";
import type { Emit } from "./events.js";
import { fill, type IncomingOrder, leavesOf, otherSide, reaches, wantedAt } from "./incoming-order.js";
import { type OrderBook, type RestingOrder, sliceOf } from "./order-book.js";
import { preventSelfTrade, preventsTrade } from "./self-trade.js";

export interface Market {
  readonly book: OrderBook;
  /** Quote units that one lot costs at a price of one tick. */
  readonly quoteUnitsPerTickLot: number;
  readonly emit: Emit;
  readonly budget: EventBudget;
  displaySlicesMax: number;
}

/**
 * Trades the incoming order with the other side, best price first, then oldest, at the resting order's price, as long
 * as there is something left of it and in its reach. "prevented": self-trade prevention has ended it; "cut off": it
 * has spent its budget of events.
 */
export function match(incoming: IncomingOrder, market: Market): "matched" | "prevented" | "cut off" {
  const makers = market.book.resting(otherSide(incoming.terms.side));
  for (;;) {
    const maker = makers.first();
    if (maker === null || !reaches(incoming, maker.priceTicks)) return "matched";
    if (leavesOf(incoming) === 0) return "matched";
    if (market.budget.isOrderSpent) return "cut off";
    const wantedLots = wantedAt(incoming, maker.priceTicks, market.quoteUnitsPerTickLot);
    if (wantedLots === 0) return "matched";
    if (!preventsTrade(incoming, maker)) trade(incoming, maker, lots(Math.min(wantedLots, maker.shownLots)), market);
    else if (preventSelfTrade(incoming, maker, market.book, market.emit) === "incoming ended") return "prevented";
  }
}

function trade(incoming: IncomingOrder, maker: RestingOrder, quantityLots: Lots, market: Market): void {
  const { book, quoteUnitsPerTickLot } = market;
  const { priceTicks } = maker;
  fill(incoming, quantityLots, priceTicks * quoteUnitsPerTickLot);
  maker.filledLots = lots(maker.filledLots + quantityLots);
  maker.leavesLots = lots(maker.leavesLots - quantityLots);
  maker.shownLots = lots(maker.shownLots - quantityLots);
  if (maker.leavesLots === 0) book.remove(maker);
  else if (maker.shownLots === 0) showNextSlice(maker, book);
  if (incoming.remaining.kind === "budget" && buysNothing(incoming, priceTicks, market))
    incoming.remaining = { kind: "lots", lots: lots(0) };
  tellTrade(maker, incoming, leavesOf(incoming), { priceTicks, quantityLots }, market);
}

/** Gives the trade its number, and makes its price the last one. */
export function tellTrade(
  maker: RestingOrder,
  taker: Pick<RestingOrder, "orderId" | "accountId" | "terms">,
  takerLeavesLots: Lots | null,
  { priceTicks, quantityLots }: { readonly priceTicks: PriceTicks; readonly quantityLots: Lots },
  { book, emit }: Market,
): void {
  const id = tradeId(book.lastTradeId + 1);
  book.lastTradeId = id;
  book.lastTradeTicks = priceTicks;
  emit({
    kind: "trade",
    tradeId: id,
    makerOrderId: maker.orderId,
    takerOrderId: taker.orderId,
    makerAccountId: maker.accountId,
    takerAccountId: taker.accountId,
    takerSide: taker.terms.side,
    priceTicks,
    quantityLots,
    makerLeavesLots: maker.leavesLots,
    takerLeavesLots,
  });
}

/** A lot of the next seller's in reach costs more than what is left; where nobody is in reach, one at the last price. */
function buysNothing(incoming: IncomingOrder, lastTicks: PriceTicks, { book, quoteUnitsPerTickLot }: Market): boolean {
  const seller = book.resting(otherSide(incoming.terms.side)).first();
  const ticks = seller !== null && reaches(incoming, seller.priceTicks) ? seller.priceTicks : lastTicks;
  return wantedAt(incoming, ticks, quoteUnitsPerTickLot) === 0;
}

/** An iceberg's displayed part is gone: the next slice queues behind everybody else at its price. */
function showNextSlice(maker: RestingOrder, book: OrderBook): void {
  maker.shownLots = sliceOf(maker.leavesLots, maker.terms.displayLots);
  book.moveToBack(maker);
}

/**
 * How many lots the order would trade if it came in now: what `match` would do, without doing it. Hidden quantity
 * counts; what self-trade prevention takes out of the book or of the order itself does not, nor what takes more than
 * `eventsMax` events: an own order counts as two, what a level hides counts only if all of it fits.
 */
export function tradableLots(incoming: IncomingOrder, book: OrderBook, eventsMax: number): number {
  const makers = book.resting(otherSide(incoming.terms.side));
  const mode = incoming.terms.selfTradePrevention;
  const askedLots: number = leavesOf(incoming) ?? 0;
  let wanted = askedLots;
  let lostToPrevention = 0;
  let events = 0;
  for (const priceTicks of makers.keysBestFirst()) {
    if (wanted === 0 || !reaches(incoming, priceTicks)) break;
    // First everybody's displayed part in turn. By then own orders are out of the way, and hidden parts follow.
    let hidden = 0;
    let hiddenSlices = 0;
    for (const maker of makers.queue(priceTicks)) {
      if (wanted === 0) break;
      const isOwn = preventsTrade(incoming, maker);
      if (isOwn && mode !== "decrement" && mode !== "cancel_oldest") return askedLots - wanted - lostToPrevention;
      events += isOwn ? 2 : 1;
      if (events > eventsMax) return askedLots - wanted - lostToPrevention;
      if (!isOwn) {
        wanted -= Math.min(wanted, maker.shownLots);
        hidden += maker.leavesLots - maker.shownLots;
        hiddenSlices += Math.ceil((maker.leavesLots - maker.shownLots) / (maker.terms.displayLots ?? 1));
      } else if (mode === "decrement") {
        const lost = Math.min(wanted, maker.leavesLots);
        wanted -= lost;
        lostToPrevention += lost;
      }
    }
    if (wanted > 0) events += hiddenSlices;
    if (events > eventsMax) break;
    wanted -= Math.min(wanted, hidden);
  }
  return askedLots - wanted - lostToPrevention;
}
