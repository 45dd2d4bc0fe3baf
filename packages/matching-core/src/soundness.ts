/** Whether the parts of a book agree with each other; what tests and restores ask, for it walks over everything. */
import { AUCTION, NONE, OPEN } from "./codes.js";
import { InvariantBroken } from "./errors.js";
import type { OrderBook } from "./order-book.js";
import {
  EXPIRY,
  FILLED,
  LEVEL,
  NEXT,
  OWNER,
  OWNER_NEXT,
  OWNER_PREVIOUS,
  PREVIOUS,
  ROW_FLOATS,
  ROW_INTS,
} from "./order-layout.js";
import type { PriceLadder } from "./price-ladder.js";

/** Throws an InvariantBroken that names the first thing that does not fit. */
export function assertSound(book: OrderBook): void {
  const { bids, asks, buyStops, sellStops, rows, expiries } = book;
  const inLadders = [bids, asks, buyStops, sellStops].reduce((sum, ladder) => sum + ordersOf(book, ladder), 0);
  check(inLadders === rows.count, `${inLadders} orders stand in ladders, ${rows.count} have a row`);
  const withOwners = ordersOfOwners(book);
  check(withOwners === rows.count, `${withOwners} orders stand in owners' lists, ${rows.count} have a row`);
  expiries.assertSound();
  const [bid, ask] = [bids.bestLevel(), asks.bestLevel()];
  const isCrossed = bid !== 0 && ask !== 0 && bids.priceOf(bid) >= asks.priceOf(ask);
  check(!isCrossed || book.assetState !== OPEN, "the book is crossed, and open");
  check(!book.isOpening || book.assetState === AUCTION, "an asset that opens is in a call auction meanwhile");
}

/** How many orders stand in the ladder, each of which is looked at. */
function ordersOf(book: OrderBook, ladder: PriceLadder): number {
  const { ints } = book.rows;
  let count = 0;
  let crowds = 0;
  let keyBefore = Number.POSITIVE_INFINITY;
  for (let level = ladder.bestLevel(); level !== 0; level = ladder.worseLevel(level)) {
    const key = ladder.keyOf(level);
    check(key < keyBefore, `price ${ladder.priceOf(level)} stands behind a worse one`);
    keyBefore = key;
    const last = ladder.lastOf(level);
    let before = 0;
    for (let slot = ladder.firstOf(level); ; slot = ints[slot * ROW_INTS + NEXT] as number) {
      count++;
      check(count <= book.rows.count, "a queue has no end");
      const order = () => `order ${book.orderIdOf(slot)}`;
      check(ints[slot * ROW_INTS + LEVEL] === level, () => `${order()} knows another level than it stands in`);
      check(ints[slot * ROW_INTS + PREVIOUS] === before, () => `${order()} knows another order before it`);
      check(book.ladderOf(slot) === ladder, () => `${order()} belongs into another ladder`);
      check(book.rows.find(book.orderIdOf(slot)) === slot, () => `${order()} is not found by its id`);
      checkQuantities(book, slot);
      if (slot === last) break;
      before = slot;
    }
    if (checkCrowd(ladder, level)) crowds++;
  }
  check(crowds === ladder.crowded.count, `${ladder.crowded.count} levels have sums, ${crowds} of them have orders`);
  const isWatched = ladder.shown.isFollowed || crowds > 0;
  check(ladder.isWatched === isWatched, "a ladder doesn't know whether sums of its levels are kept");
  return count;
}

/** Whether the level has sums; they must be those of its orders. */
function checkCrowd(ladder: PriceLadder, level: number): boolean {
  const kept = ladder.crowded.kept(level);
  if (kept === null) return false;
  const sums = ladder.crowded.sumsOf(ladder.firstOf(level), ladder.lastOf(level));
  check(kept.isEqual(sums), () => `price ${ladder.priceOf(level)} has other sums than its orders`);
  return true;
}

function checkQuantities(book: OrderBook, slot: number): void {
  const { floats, ints } = book.rows;
  const [leavesLots, shownLots, displayLots] = [book.leavesOf(slot), book.shownOf(slot), book.displayOf(slot)];
  const order = () => `order ${book.orderIdOf(slot)}`;
  check(Number.isSafeInteger(leavesLots) && leavesLots > 0, () => `${order()} is open with ${leavesLots} lots`);
  if (ints[slot * ROW_INTS + EXPIRY] !== 0)
    check(book.expiryOf(slot) > 0, () => `${order()} has no expiry in the heap`);
  if (book.isWaiting(slot)) return;
  check((floats[slot * ROW_FLOATS + FILLED] as number) >= 0, () => `${order()} has filled less than nothing`);
  check(shownLots > 0 && shownLots <= leavesLots, () => `${order()} shows ${shownLots} of ${leavesLots} lots`);
  check(displayLots === NONE || shownLots <= displayLots, () => `${order()} shows more than its display quantity`);
}

function ordersOfOwners({ owners, rows: { ints, count: open } }: OrderBook): number {
  let count = 0;
  for (let owner = 2; owner < owners.accountIds.length * 2; owner++) {
    let before = 0;
    for (let slot = owners.first(owner); slot !== 0; slot = ints[slot * ROW_INTS + OWNER_NEXT] as number) {
      count++;
      check(count <= open, "an owner's list has no end");
      check(ints[slot * ROW_INTS + OWNER] === owner, `slot ${slot} stands in the list of another owner`);
      check(
        ints[slot * ROW_INTS + OWNER_PREVIOUS] === before,
        `slot ${slot} knows another one before it in its owner's list`,
      );
      before = slot;
    }
  }
  return count;
}

function check(isSound: boolean, why: string | (() => string)): void {
  if (!isSound) throw new InvariantBroken(typeof why === "string" ? why : why());
}
