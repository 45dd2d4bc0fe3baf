import { CANCEL_OLDEST, DECREMENT, MODE_NONE } from "./codes.js";
import type { Crowd } from "./crowd.js";
import { slicesOf } from "./crowded-levels.js";
import type { IncomingOrder } from "./incoming-order.js";
import type { OrderBook } from "./order-book.js";
import { NEXT, OWNER, ROW_INTS } from "./order-layout.js";
import type { PriceLadder } from "./price-ladder.js";

/**
 * Whether the incoming order would trade at least `neededLots` if it came in now: what `match` would do, without doing it. Hidden
 * quantity counts; what self-trade prevention takes out of the book or of the order itself does not. What the order would need more
 * than `eventsMax` events for does not count either: an own order counts as two events, what a level hides counts only if all of it
 * fits. Of a crowded price that has none of the account's own orders only the sums are looked at, unless the events may run out there.
 */
export function isSufficient(incoming: IncomingOrder, book: OrderBook, neededLots: number, eventsMax: number): boolean {
  const makers = book.resting(1 - incoming.side);
  const walk = new Walk(incoming, book, neededLots, eventsMax);
  for (let level = makers.bestLevel(); level !== 0 && !walk.isDecided; level = makers.worseLevel(level)) {
    if (makers.keyOf(level) < incoming.limitKey) break;
    const crowd = makers.crowdOf(level);
    if (crowd === null || walk.mustLookAtEach(crowd)) walk.takeEach(makers, level);
    else walk.takeAll(crowd);
  }
  return walk.isEnough;
}

class Walk {
  readonly #incoming: IncomingOrder;
  readonly #book: OrderBook;
  readonly #neededLots: number;
  readonly #eventsMax: number;
  #wantedLots: number;
  #tradedLots = 0;
  #events = 0;
  /** What is further away changes nothing any more. */
  isDecided = false;

  constructor(incoming: IncomingOrder, book: OrderBook, neededLots: number, eventsMax: number) {
    this.#incoming = incoming;
    this.#book = book;
    this.#neededLots = neededLots;
    this.#eventsMax = eventsMax;
    this.#wantedLots = incoming.leavesLots;
  }

  get isEnough(): boolean {
    return this.#tradedLots >= this.#neededLots;
  }

  /** Own orders matter by their place in the queue, and so do all where the events may run out before the lots suffice. */
  mustLookAtEach(crowd: Crowd): boolean {
    const { selfTradePrevention, account } = this.#incoming;
    if (selfTradePrevention !== MODE_NONE && crowd.ordersOfAccounts.has(account)) return true;
    if (this.#events + crowd.orders <= this.#eventsMax) return false;
    return this.#tradedLots + Math.min(this.#wantedLots, crowd.shownLots) >= this.#neededLots;
  }

  takeAll(crowd: Crowd): void {
    this.#take(crowd.shownLots, crowd.orders);
    if (!this.isDecided) this.#take(crowd.hiddenLots, crowd.hiddenSlices);
  }

  /** First everybody's displayed part in turn. By then own orders are out of the way, and hidden parts follow. */
  takeEach(makers: PriceLadder, level: number): void {
    const { ints } = this.#book.rows;
    const { selfTradePrevention, account } = this.#incoming;
    let hiddenLots = 0;
    let hiddenSlices = 0;
    const last = makers.lastOf(level);
    for (let maker = makers.firstOf(level); !this.isDecided; maker = ints[maker * ROW_INTS + NEXT] as number) {
      const leavesLots = this.#book.leavesOf(maker);
      if (selfTradePrevention !== MODE_NONE && (ints[maker * ROW_INTS + OWNER] as number) >> 1 === account)
        this.#meetOwn(leavesLots);
      else {
        const shownLots = this.#book.shownOf(maker);
        this.#take(shownLots, 1);
        hiddenLots += leavesLots - shownLots;
        hiddenSlices += slicesOf(leavesLots - shownLots, this.#book.displayOf(maker));
      }
      if (maker === last) break;
    }
    if (!this.isDecided) this.#take(hiddenLots, hiddenSlices);
  }

  #take(lots: number, events: number): void {
    this.#events += events;
    if (this.#events > this.#eventsMax) {
      this.isDecided = true;
      return;
    }
    const takenLots = Math.min(this.#wantedLots, lots);
    this.#wantedLots -= takenLots;
    this.#tradedLots += takenLots;
    if (this.isEnough) this.isDecided = true;
  }

  #meetOwn(leavesLots: number): void {
    const mode = this.#incoming.selfTradePrevention;
    this.#events += 2;
    if ((mode !== DECREMENT && mode !== CANCEL_OLDEST) || this.#events > this.#eventsMax) this.isDecided = true;
    else if (mode === DECREMENT) this.#wantedLots -= Math.min(this.#wantedLots, leavesLots);
    if (this.#tradedLots + this.#wantedLots < this.#neededLots) this.isDecided = true;
  }
}
