/**
 * The call auction: orders have collected without trading, so bids may stand above asks. It uncrosses at one price: the
 * one that trades the most, then leaves the least imbalance, then is nearest to the last trade, then is lowest.
 */
import { CANCEL_BOTH, CANCEL_NEWEST, CANCEL_OLDEST, DECREMENT, MODE_NONE, NONE } from "./codes.js";
import { sumOfLevel } from "./depth.js";
import { reasonCode } from "./enumerations.js";
import type { Market } from "./market.js";
import type { OrderBook } from "./order-book.js";
import { FILLED, ICEBERG, LEAVES, OWNER, ROW_FLOATS, ROW_INTS, TERMS } from "./order-layout.js";
import type { PriceLadder } from "./price-ladder.js";
import type { PriceTicks } from "./units.js";

const SELF_TRADE = reasonCode("self_trade");

/** Where the book would uncross now, and how much would trade, own orders not looked at. */
export interface Indicative {
  readonly priceTicks: PriceTicks;
  readonly quantityLots: bigint;
}

/** Null: nothing would trade. Linear in the levels that are crossed and the orders on them. */
export function indicativeOf(book: OrderBook): Indicative | null {
  const [bestBid, bestAsk] = [book.bids.bestLevel(), book.asks.bestLevel()];
  if (bestBid === 0 || bestAsk === 0 || book.bids.priceOf(bestBid) < book.asks.priceOf(bestAsk)) return null;
  const bids = crossedLevels(book, book.bids, -book.asks.keyOf(bestAsk));
  const asks = crossedLevels(book, book.asks, -book.bids.keyOf(bestBid));
  bids.reverse();
  let demand = bids.reduce((sum, { lots }) => sum + lots, 0n);
  let supply = 0n;
  const best = new BestPrice(book.lastTradeTicks);
  // Upwards through all prices where something stands; between two of them demand and supply don't change.
  let [bid, ask] = [0, 0];
  while (bid < bids.length || ask < asks.length) {
    const price = Math.min(bids[bid]?.price ?? Number.POSITIVE_INFINITY, asks[ask]?.price ?? Number.POSITIVE_INFINITY);
    if (asks[ask]?.price === price) supply += asks[ask++]?.lots ?? 0n;
    best.consider(price, price, demand, supply);
    if (bids[bid]?.price === price) demand -= bids[bid++]?.lots ?? 0n;
    const next = Math.min(bids[bid]?.price ?? Number.POSITIVE_INFINITY, asks[ask]?.price ?? Number.POSITIVE_INFINITY);
    if (next !== Number.POSITIVE_INFINITY && next - price > 1) best.consider(price + 1, next - 1, demand, supply);
  }
  return { priceTicks: best.priceTicks as PriceTicks, quantityLots: best.volume };
}

interface CrossedLevel {
  readonly price: number;
  readonly lots: bigint;
}

/** Best first, hidden quantity included. */
function crossedLevels(book: OrderBook, ladder: PriceLadder, worstKey: number): CrossedLevel[] {
  const levels: CrossedLevel[] = [];
  for (let level = ladder.bestLevel(); level !== 0 && ladder.keyOf(level) >= worstKey; level = ladder.worseLevel(level))
    levels.push({
      price: ladder.priceOf(level),
      lots: sumOfLevel(book, ladder, level, (slot) => book.leavesOf(slot)),
    });
  return levels;
}

/** Considers prices in rising order, so of equally good ones the lowest stays. */
class BestPrice {
  readonly #lastTradeTicks: number;
  priceTicks = NONE;
  volume = -1n;
  #imbalance = 0n;
  #distance = 0;

  constructor(lastTradeTicks: number) {
    this.#lastTradeTicks = lastTradeTicks;
  }

  /** All prices from `low` to `high` have this demand and supply. */
  consider(low: number, high: number, demand: bigint, supply: bigint): void {
    const [volume, imbalance] = demand < supply ? [demand, supply - demand] : [supply, demand - supply];
    const last = this.#lastTradeTicks;
    const price = last === NONE ? low : Math.min(Math.max(last, low), high);
    const distance = last === NONE ? 0 : Math.abs(price - last);
    if (volume < this.volume) return;
    if (volume === this.volume && imbalance > this.#imbalance) return;
    if (volume === this.volume && imbalance === this.#imbalance && distance >= this.#distance) return;
    this.priceTicks = price;
    this.volume = volume;
    this.#imbalance = imbalance;
    this.#distance = distance;
  }
}

/**
 * Trades what the auction has collected. Where self-trade prevention takes quantity out, bids and asks at other prices
 * may still be crossed afterwards: then it uncrosses again, until they aren't. False: the command has no events left for
 * the rest.
 */
export function uncross(market: Market): boolean {
  const { book } = market;
  for (let found = indicativeOf(book); found !== null; found = indicativeOf(book))
    if (!uncrossAt(market, found.priceTicks)) return false;
  return true;
}

function uncrossAt(market: Market, priceTicks: number): boolean {
  const { bids, asks } = market.book;
  for (;;) {
    const [bidLevel, askLevel] = [bids.bestLevel(), asks.bestLevel()];
    if (bidLevel === 0 || bids.priceOf(bidLevel) < priceTicks) return true;
    if (askLevel === 0 || asks.priceOf(askLevel) > priceTicks) return true;
    if (market.events.lastEventSequence >= market.commandEventsThrough) return false;
    meet(market, bids.firstOf(bidLevel), asks.firstOf(askLevel), priceTicks);
  }
}

/** The younger of the two, by order id, is the taker, whose self-trade prevention counts. */
function meet(market: Market, bid: number, ask: number, priceTicks: number): void {
  const { book, events } = market;
  const isBidTaker = book.orderIdOf(bid) > book.orderIdOf(ask);
  const [maker, taker] = isBidTaker ? [ask, bid] : [bid, ask];
  const { ints } = book.rows;
  const mode = (ints[taker * ROW_INTS + TERMS] as number) & 7;
  const isSelfTrade =
    (ints[maker * ROW_INTS + OWNER] as number) >> 1 === (ints[taker * ROW_INTS + OWNER] as number) >> 1;
  if (isSelfTrade && mode !== MODE_NONE) preventInAuction(market, maker, taker, mode);
  else {
    const quantityLots = Math.min(book.shownOf(maker), book.shownOf(taker));
    book.lastTradeTicks = priceTicks;
    const takerLeaves = book.leavesOf(taker) - quantityLots;
    const at = events.trade(book.sideOf(taker), takerLeaves);
    const orders = [book.orderIdOf(maker), book.orderIdOf(taker)];
    const accounts = [book.accountIdOf(maker), book.accountIdOf(taker)];
    const makerLeaves = book.leavesOf(maker) - quantityLots;
    events.floats.set([...orders, ...accounts, priceTicks, quantityLots, makerLeaves, takerLeaves], at + 1);
    fill(book, maker, quantityLots);
    fill(book, taker, quantityLots);
  }
}

function fill(book: OrderBook, slot: number, quantityLots: number): void {
  const { floats, ints } = book.rows;
  const leavesLots = book.leavesOf(slot) - quantityLots;
  if (leavesLots === 0) {
    book.end(slot);
    return;
  }
  const ladder = book.ladderOf(slot);
  ladder.beforeChange(slot);
  floats[slot * ROW_FLOATS + LEAVES] = leavesLots;
  floats[slot * ROW_FLOATS + FILLED] = (floats[slot * ROW_FLOATS + FILLED] as number) + quantityLots;
  const iceberg = ints[slot * ROW_INTS + ICEBERG] as number;
  if (iceberg !== 0) book.takeShown(slot, iceberg, quantityLots, leavesLots);
  ladder.afterChange(slot);
}

function preventInAuction(market: Market, maker: number, taker: number, mode: number): void {
  const { book } = market;
  if (mode === DECREMENT) {
    const byLots = Math.min(book.leavesOf(maker), book.leavesOf(taker));
    decrement(market, maker, byLots);
    decrement(market, taker, byLots);
    return;
  }
  if (mode === CANCEL_OLDEST || mode === CANCEL_BOTH) decrement(market, maker, book.leavesOf(maker));
  if (mode === CANCEL_NEWEST || mode === CANCEL_BOTH) decrement(market, taker, book.leavesOf(taker));
}

function decrement({ book, events }: Market, slot: number, byLots: number): void {
  const leavesLots = book.leavesOf(slot) - byLots;
  const [orderId, accountId] = [book.orderIdOf(slot), book.accountIdOf(slot)];
  if (leavesLots === 0) {
    events.canceled(orderId, accountId, SELF_TRADE, byLots);
    book.end(slot);
  } else {
    events.reduced(orderId, accountId, byLots, leavesLots);
    book.shrink(slot, leavesLots);
  }
}
