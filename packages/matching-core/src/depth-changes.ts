/**
 * What a book shows, and what of that has changed, for whoever tells the world. A level that is gone is told as 0. The same price may
 * come several times in one take: the last counts.
 */
import { sumOfLevel } from "./depth.js";
import { LEVEL_NUMBERS, type LevelRows } from "./level-rows.js";
import type { OrderBook } from "./order-book.js";
import type { PriceLadder } from "./price-ladder.js";

export class DepthChanges {
  readonly #book: OrderBook;

  constructor(book: OrderBook) {
    this.#book = book;
  }

  /** Takes all levels of both sides, best first, and follows from now on what changes; before that it costs nothing. */
  takeAll(bids: LevelRows, asks: LevelRows): void {
    this.#takeSide(this.#book.bids, bids);
    this.#takeSide(this.#book.asks, asks);
  }

  /**
   * Takes the levels that were touched since the last take. False: all levels have to be taken, because nobody has done that yet, or
   * more has changed than is kept.
   */
  take(bids: LevelRows, asks: LevelRows): boolean {
    const { bids: buys, asks: sells } = this.#book;
    if (!buys.shown.isFollowed) return false;
    const isAll = !buys.shown.hasForgotten && !sells.shown.hasForgotten;
    this.#takeTouched(buys, bids);
    this.#takeTouched(sells, asks);
    return isAll;
  }

  #takeSide(ladder: PriceLadder, into: LevelRows): void {
    if (!ladder.shown.isFollowed) ladder.followShown();
    ladder.shown.forget();
    into.clear();
    for (let level = ladder.bestLevel(); level !== 0; level = ladder.worseLevel(level)) {
      const sum = ladder.shown.sums[level] as number;
      into.add(ladder.priceOf(level), Number.isNaN(sum) ? this.#sumOf(ladder, level) : sum);
    }
  }

  #takeTouched(ladder: PriceLadder, into: LevelRows): void {
    const { touched, touchedCount, sums, goneKeys } = ladder.shown;
    const { sign } = ladder;
    into.clear();
    for (const key of goneKeys) if (isPrice(sign * key)) into.add(sign * key, 0);
    const numbers = into.roomFor(touchedCount);
    let { end } = into;
    for (let at = 0; at < touchedCount; at++) {
      const level = touched[at] as number;
      const sum = sums[level] as number;
      const price = sign * ladder.keyOf(level);
      if (!isPrice(price)) continue;
      numbers[end] = price;
      numbers[end + 1] = sum;
      numbers[end + 2] = 0;
      end += LEVEL_NUMBERS;
      if (Number.isNaN(sum)) {
        into.end = end - LEVEL_NUMBERS;
        into.add(ladder.priceOf(level), this.#sumOf(ladder, level));
      }
    }
    into.end = end;
    ladder.shown.forget();
  }

  /** Of a crowd the sums are kept from now on, so that a long queue is not walked with each take. */
  #sumOf(ladder: PriceLadder, level: number): bigint {
    const crowd = ladder.crowdOf(level);
    return crowd?.shownLotsExactly ?? sumOfLevel(this.#book, ladder, level, (slot) => this.#book.shownOf(slot));
  }
}

/** All prices of a block that went away are told, and levels of it that others use now: at the ends of what is possible, some are none. */
function isPrice(priceTicks: number): boolean {
  return priceTicks > 0 && priceTicks <= Number.MAX_SAFE_INTEGER;
}
