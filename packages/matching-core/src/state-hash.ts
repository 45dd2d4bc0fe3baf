import { NONE } from "./codes.js";
import { NumberHash } from "./number-hash.js";
import type { OrderBook } from "./order-book.js";
import {
  FILLED,
  ICEBERG,
  ICEBERG_FLOATS,
  MINIMUM,
  NEXT,
  ROW_FLOATS,
  ROW_INTS,
  STOP_LIMIT_PRICE,
  TERMS,
  TERMS_MARKET,
  TERMS_POST_ONLY,
} from "./order-layout.js";
import { numbersOfRules, type RulesInForce } from "./rules.js";

/**
 * 64 bits, as hexadecimal text, over the market: every open order in its place, the last trade, the asset's state, and the rules
 * if they are not those of the start. Clock, sequences and the ids of refused orders are left out, so a refused command leaves
 * the hash as it was.
 */
export function stateHash(book: OrderBook, lastTradeId: number, changedRules: RulesInForce | null): string {
  const hash = new NumberHash();
  hash.add(book.assetState);
  if (book.isOpening) hash.add(1);
  hash.add(lastTradeId);
  hash.addOptional(book.lastTradeTicks);
  for (const ladder of [book.bids, book.asks, book.buyStops, book.sellStops]) {
    for (let level = ladder.bestLevel(); level !== 0; level = ladder.worseLevel(level)) {
      const price = ladder.priceOf(level);
      const last = ladder.lastOf(level);
      let slot = 0;
      do {
        slot = slot === 0 ? ladder.firstOf(level) : (book.rows.ints[slot * ROW_INTS + NEXT] as number);
        addOrder(hash, book, slot, price);
      } while (slot !== last);
    }
    hash.addOptional(NONE);
  }
  if (changedRules !== null) for (const number of numbersOfRules(changedRules)) hash.add(number);
  return hash.text();
}

function addOrder(hash: NumberHash, book: OrderBook, slot: number, price: number): void {
  const { floats, ints } = book.rows;
  const terms = ints[slot * ROW_INTS + TERMS] as number;
  hash.add(book.orderIdOf(slot));
  hash.add(book.accountIdOf(slot));
  hash.add(price);
  if (book.isWaiting(slot)) {
    const iceberg = ints[slot * ROW_INTS + ICEBERG] as number;
    hash.addOptional(floats[slot * ROW_FLOATS + STOP_LIMIT_PRICE] as number);
    hash.add(book.leavesOf(slot));
    hash.addOptional(iceberg === 0 ? NONE : (book.icebergs.floats[iceberg * ICEBERG_FLOATS + MINIMUM] as number));
  } else {
    hash.add(book.leavesOf(slot));
    hash.add(book.shownOf(slot));
    hash.add(floats[slot * ROW_FLOATS + FILLED] as number);
  }
  hash.add(terms & 7);
  hash.add((terms >> 3) & 3);
  hash.add((terms & TERMS_POST_ONLY) === 0 ? 0 : 1);
  hash.add((terms & TERMS_MARKET) === 0 ? 0 : 1);
  hash.addOptional(book.displayOf(slot));
  hash.addOptional(book.expiryOf(slot));
}
