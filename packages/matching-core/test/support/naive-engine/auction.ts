/**
 * The call auction: orders have collected without trading, so bids may stand above asks. It uncrosses at one price: the
 * one that trades the most, then leaves the least imbalance, then is nearest to the last trade, then is lowest.
 */
import { type Indicative, type Lots, lots, type PriceTicks } from "@bourse/matching-core";
import { canceled, reduced } from "./events.js";
import { type Market, tellTrade } from "./matching.js";
import { type OrderBook, type RestingOrder, sliceOf } from "./order-book.js";

/** Where the book would uncross now, and how much would trade; null: nothing would. */
export function indicative(book: OrderBook): Indicative | null {
  const candidates = candidatePrices(book)
    .map((priceTicks) => ({ priceTicks, ...atPrice(book, priceTicks) }))
    .filter(({ volume }) => volume > 0n);
  candidates.sort(
    (a, b) =>
      compare(b.volume, a.volume) ||
      compare(a.imbalance, b.imbalance) ||
      distance(book, a.priceTicks) - distance(book, b.priceTicks) ||
      a.priceTicks - b.priceTicks,
  );
  const best = candidates[0];
  return best === undefined ? null : { priceTicks: best.priceTicks, quantityLots: best.volume };
}

/**
 * Demand and supply change at prices of orders only, so between two of them all prices are alike: one beside each, and
 * the last trade's, are enough to find the nearest to it.
 */
function candidatePrices(book: OrderBook): PriceTicks[] {
  const ofOrders = [...book.bids.keysBestFirst(), ...book.asks.keysBestFirst()];
  const beside = ofOrders.flatMap((price) => [price - 1, price, price + 1]);
  const last = book.lastTradeTicks === null ? [] : [book.lastTradeTicks];
  return [...new Set([...beside, ...last])] as PriceTicks[];
}

function atPrice(book: OrderBook, price: PriceTicks): { volume: bigint; imbalance: bigint } {
  const demand = sum([...book.bids.itemsBestFirst()].filter((bid) => bid.priceTicks >= price));
  const supply = sum([...book.asks.itemsBestFirst()].filter((ask) => ask.priceTicks <= price));
  return demand < supply
    ? { volume: demand, imbalance: supply - demand }
    : { volume: supply, imbalance: demand - supply };
}

function sum(orders: readonly RestingOrder[]): bigint {
  return orders.reduce((total, { leavesLots }) => total + BigInt(leavesLots), 0n);
}

function distance({ lastTradeTicks }: OrderBook, price: PriceTicks): number {
  return lastTradeTicks === null ? 0 : Math.abs(price - lastTradeTicks);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Trades what the auction has collected. Where self-trade prevention takes quantity out, bids and asks at other prices
 * may still be crossed afterwards: then it uncrosses again, until they aren't. False: the command has no events left for the rest.
 */
export function uncross(market: Market): boolean {
  for (let found = indicative(market.book); found !== null; found = indicative(market.book)) {
    const { priceTicks } = found;
    for (;;) {
      const [bid, ask] = [market.book.bids.first(), market.book.asks.first()];
      if (bid === null || ask === null || bid.priceTicks < priceTicks || ask.priceTicks > priceTicks) break;
      if (market.budget.isCommandSpent) return false;
      // The younger of the two is the taker, whose self-trade prevention counts.
      if (bid.orderId > ask.orderId) meet(ask, bid, priceTicks, market);
      else meet(bid, ask, priceTicks, market);
    }
  }
  return true;
}

function meet(maker: RestingOrder, taker: RestingOrder, priceTicks: PriceTicks, market: Market): void {
  const mode = taker.terms.selfTradePrevention;
  if (maker.accountId !== taker.accountId || mode === "none") trade(maker, taker, priceTicks, market);
  else if (mode === "decrement") {
    const byLots = lots(Math.min(maker.leavesLots, taker.leavesLots));
    takeOut(maker, byLots, market);
    takeOut(taker, byLots, market);
  } else {
    if (mode !== "cancel_newest") takeOut(maker, maker.leavesLots, market);
    if (mode !== "cancel_oldest") takeOut(taker, taker.leavesLots, market);
  }
}

function trade(maker: RestingOrder, taker: RestingOrder, priceTicks: PriceTicks, market: Market): void {
  const quantityLots = lots(Math.min(maker.shownLots, taker.shownLots));
  for (const order of [maker, taker]) fill(order, quantityLots, market.book);
  tellTrade(maker, taker, taker.leavesLots, { priceTicks, quantityLots }, market);
}

function fill(order: RestingOrder, quantityLots: Lots, book: OrderBook): void {
  order.filledLots = lots(order.filledLots + quantityLots);
  order.leavesLots = lots(order.leavesLots - quantityLots);
  order.shownLots = lots(order.shownLots - quantityLots);
  if (order.leavesLots === 0) book.remove(order);
  else if (order.shownLots === 0) {
    order.shownLots = sliceOf(order.leavesLots, order.terms.displayLots);
    book.moveToBack(order);
  }
}

function takeOut(order: RestingOrder, byLots: Lots, { book, emit }: Market): void {
  order.leavesLots = lots(order.leavesLots - byLots);
  order.shownLots = lots(Math.min(order.shownLots, order.leavesLots));
  if (order.leavesLots === 0) {
    book.remove(order);
    emit(canceled(order, byLots, "self_trade"));
  } else emit(reduced(order, byLots, order.leavesLots));
}
