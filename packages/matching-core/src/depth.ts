import type { OrderBook } from "./order-book.js";
import { NEXT, ROW_INTS } from "./order-layout.js";
import type { PriceLadder } from "./price-ladder.js";
import type { PriceTicks } from "./units.js";

/** A price with its displayed quantity, a bigint because the sum may be above 2^53. */
export type DepthLevel = readonly [priceTicks: PriceTicks, shownLots: bigint];

/** The displayed quantities of both sides, best prices first. */
export interface Depth {
  readonly bids: readonly DepthLevel[];
  readonly asks: readonly DepthLevel[];
}

export function depthOf(book: OrderBook, levelsMax: number): Depth {
  const levels = (ladder: PriceLadder) => {
    const result: DepthLevel[] = [];
    for (let level = ladder.bestLevel(); level !== 0 && result.length < levelsMax; level = ladder.worseLevel(level))
      result.push([ladder.priceOf(level) as PriceTicks, sumOfLevel(book, ladder, level, (slot) => book.shownOf(slot))]);
    return result;
  };
  return { bids: levels(book.bids), asks: levels(book.asks) };
}

export function sumOfLevel(
  book: OrderBook,
  ladder: PriceLadder,
  level: number,
  lotsOf: (slot: number) => number,
): bigint {
  const last = ladder.lastOf(level);
  let sum = 0n;
  // The sum is a number as long as it is exact: a bigint for each order would cost ten times as much.
  let exact = 0;
  for (let slot = ladder.firstOf(level); ; slot = book.rows.ints[slot * ROW_INTS + NEXT] as number) {
    const more = exact + lotsOf(slot);
    if (more <= Number.MAX_SAFE_INTEGER) exact = more;
    else {
      sum += BigInt(exact);
      exact = lotsOf(slot);
    }
    if (slot === last) return sum + BigInt(exact);
  }
}
