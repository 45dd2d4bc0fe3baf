import { BUY, NONE, OPEN } from "./codes.js";
import { ExpiryHeap } from "./expiry-heap.js";
import { IcebergRows } from "./iceberg-rows.js";
import type { IncomingOrder } from "./incoming-order.js";
import {
  DISPLAY,
  EXPIRY,
  FILLED,
  ICEBERG,
  ICEBERG_FLOATS,
  LEAVES,
  LEVEL,
  MINIMUM,
  ORDER_ID,
  OWNER,
  ROW_FLOATS,
  ROW_INTS,
  SHOWN,
  STOP_LIMIT_PRICE,
  TERMS,
  TERMS_WAITING,
} from "./order-layout.js";
import { OrderTable } from "./order-table.js";
import { Owners } from "./owners.js";
import { PriceLadder } from "./price-ladder.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

/**
 * Everything that the commands so far have made of one asset's market. An open order has a row, stands in its owner's
 * list from its first command to its end, and in one ladder: it rests in the book, or waits as a stop. Between two
 * ladders, while it is the incoming order, it stands in none.
 */
export class OrderBook {
  readonly rows: OrderTable;
  readonly icebergs: IcebergRows;
  readonly owners: Owners;
  readonly expiries: ExpiryHeap;
  readonly bids: PriceLadder;
  readonly asks: PriceLadder;
  /** The best stop is the one that a moving price reaches first. */
  readonly buyStops: PriceLadder;
  readonly sellStops: PriceLadder;
  assetState = OPEN;
  /** The asset was told to open, and each command uncrosses a part of what the auction has collected. */
  isOpening = false;
  /** NONE before the first trade. */
  lastTradeTicks = Number.NaN;

  constructor() {
    // A field that was NaN first is kept as a double by V8.
    this.lastTradeTicks = NONE;
    this.rows = new OrderTable();
    this.icebergs = new IcebergRows();
    this.owners = new Owners(this.rows);
    this.expiries = new ExpiryHeap(this.rows);
    this.bids = this.#ladder("highest");
    this.asks = this.#ladder("lowest");
    this.buyStops = this.#ladder("lowest");
    this.sellStops = this.#ladder("highest");
  }

  #ladder(best: "highest" | "lowest"): PriceLadder {
    return new PriceLadder(this.rows, this.icebergs, best);
  }

  /** Memory that the book holds. */
  get byteLength(): number {
    return this.#parts().reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  #parts() {
    const { rows, icebergs, owners, expiries, bids, asks, buyStops, sellStops } = this;
    return [rows, icebergs, owners, expiries, bids, asks, buyStops, sellStops];
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.assetState, this.lastTradeTicks, this.isOpening ? 1 : 0);
    for (const part of this.#parts()) part.save(out);
  }

  load(from: SnapshotReader): void {
    // Version 2 had no openings that take more than one command.
    const [assetState, lastTradeTicks, isOpening] = from.numbers() as [number, number, number?];
    this.assetState = assetState;
    this.lastTradeTicks = lastTradeTicks;
    this.isOpening = isOpening === 1;
    for (const part of this.#parts()) part.load(from);
  }

  resting(side: number): PriceLadder {
    return side === BUY ? this.bids : this.asks;
  }

  stops(side: number): PriceLadder {
    return side === BUY ? this.buyStops : this.sellStops;
  }

  isTriggered(side: number, stopPriceTicks: number): boolean {
    if (this.lastTradeTicks === NONE) return false;
    return side === BUY ? this.lastTradeTicks >= stopPriceTicks : this.lastTradeTicks <= stopPriceTicks;
  }

  // ---- one order ----

  orderIdOf(slot: number): number {
    return this.rows.floats[slot * ROW_FLOATS + ORDER_ID] as number;
  }

  accountIdOf(slot: number): number {
    return this.owners.accountIds[(this.rows.ints[slot * ROW_INTS + OWNER] as number) >> 1] as number;
  }

  sideOf(slot: number): number {
    return (this.rows.ints[slot * ROW_INTS + OWNER] as number) & 1;
  }

  leavesOf(slot: number): number {
    return this.rows.floats[slot * ROW_FLOATS + LEAVES] as number;
  }

  isWaiting(slot: number): boolean {
    return ((this.rows.ints[slot * ROW_INTS + TERMS] as number) & TERMS_WAITING) !== 0;
  }

  ladderOf(slot: number): PriceLadder {
    return this.isWaiting(slot) ? this.stops(this.sideOf(slot)) : this.resting(this.sideOf(slot));
  }

  /** Of a resting order its price, of a stop its stop price. */
  priceOf(slot: number): number {
    return this.ladderOf(slot).priceOf(this.rows.ints[slot * ROW_INTS + LEVEL] as number);
  }

  shownOf(slot: number): number {
    const iceberg = this.rows.ints[slot * ROW_INTS + ICEBERG] as number;
    return iceberg === 0 ? this.leavesOf(slot) : (this.icebergs.floats[iceberg * ICEBERG_FLOATS + SHOWN] as number);
  }

  /** NONE: it shows all of it. */
  displayOf(slot: number): number {
    const iceberg = this.rows.ints[slot * ROW_INTS + ICEBERG] as number;
    return iceberg === 0 ? NONE : (this.icebergs.floats[iceberg * ICEBERG_FLOATS + DISPLAY] as number);
  }

  expiryOf(slot: number): number {
    return this.rows.ints[slot * ROW_INTS + EXPIRY] === 0 ? NONE : this.expiries.expiryOf(slot);
  }

  // ---- into the book and out of it ----

  /** What is left of the incoming order, at the back of its price. */
  rest(incoming: IncomingOrder): void {
    const slot = incoming.slot === 0 ? this.#open(incoming) : incoming.slot;
    const { floats, ints } = this.rows;
    floats[slot * ROW_FLOATS + LEAVES] = incoming.leavesLots;
    floats[slot * ROW_FLOATS + FILLED] = incoming.filledLots;
    ints[slot * ROW_INTS + TERMS] = incoming.terms;
    if (incoming.displayLots !== NONE) this.#show(slot, incoming);
    else if (ints[slot * ROW_INTS + ICEBERG] !== 0) this.#dropIceberg(slot);
    this.resting(incoming.side).add(slot, incoming.limitTicks);
  }

  /** The incoming order waits for its stop price. */
  wait(incoming: IncomingOrder, stopPriceTicks: number): void {
    const slot = this.#open(incoming);
    const { floats, ints } = this.rows;
    floats[slot * ROW_FLOATS + LEAVES] = incoming.leavesLots;
    floats[slot * ROW_FLOATS + STOP_LIMIT_PRICE] = incoming.limitTicks;
    ints[slot * ROW_INTS + TERMS] = incoming.terms | TERMS_WAITING;
    if (incoming.displayLots !== NONE || incoming.minimumLots !== NONE)
      ints[slot * ROW_INTS + ICEBERG] = this.icebergs.open(incoming.displayLots, incoming.minimumLots);
    this.stops(incoming.side).add(slot, stopPriceTicks);
  }

  /** Reads a row into the incoming order and takes it out of its ladder. */
  takeUp(slot: number, incoming: IncomingOrder): void {
    const { floats, ints } = this.rows;
    const isWaiting = this.isWaiting(slot);
    const ladder = this.ladderOf(slot);
    const iceberg = ints[slot * ROW_INTS + ICEBERG] as number;
    const price = ladder.priceOf(ints[slot * ROW_INTS + LEVEL] as number);
    incoming.slot = slot;
    incoming.orderId = this.orderIdOf(slot);
    incoming.accountId = this.accountIdOf(slot);
    incoming.account = (ints[slot * ROW_INTS + OWNER] as number) >> 1;
    incoming.side = this.sideOf(slot);
    incoming.terms = (ints[slot * ROW_INTS + TERMS] as number) & ~TERMS_WAITING;
    incoming.leavesLots = this.leavesOf(slot);
    incoming.budgetUnits = NONE;
    incoming.filledLots = isWaiting ? 0 : (floats[slot * ROW_FLOATS + FILLED] as number);
    incoming.displayLots = this.displayOf(slot);
    incoming.minimumLots =
      isWaiting && iceberg !== 0 ? (this.icebergs.floats[iceberg * ICEBERG_FLOATS + MINIMUM] as number) : NONE;
    incoming.expiresAtMs = this.expiryOf(slot);
    incoming.setLimit(isWaiting ? (floats[slot * ROW_FLOATS + STOP_LIMIT_PRICE] as number) : price);
    ladder.remove(slot);
  }

  /** The order has come to its end. */
  end(slot: number): void {
    this.ladderOf(slot).remove(slot);
    this.close(slot);
  }

  /** The same for one that stands in no ladder. */
  close(slot: number): void {
    const { ints } = this.rows;
    if (ints[slot * ROW_INTS + ICEBERG] !== 0) this.#dropIceberg(slot);
    if (ints[slot * ROW_INTS + EXPIRY] !== 0) this.expiries.remove(slot);
    this.owners.leave(slot);
    this.rows.close(slot);
  }

  /** Quantity goes from a resting order, which keeps some: by a trade, or by its owner's wish. */
  shrink(slot: number, leavesLots: number): void {
    const ladder = this.ladderOf(slot);
    ladder.beforeChange(slot);
    this.rows.floats[slot * ROW_FLOATS + LEAVES] = leavesLots;
    const iceberg = this.rows.ints[slot * ROW_INTS + ICEBERG] as number;
    const at = iceberg * ICEBERG_FLOATS + SHOWN;
    if (iceberg !== 0 && (this.icebergs.floats[at] as number) > leavesLots) this.icebergs.floats[at] = leavesLots;
    ladder.afterChange(slot);
  }

  /** A trade takes `quantityLots` of what the order shows; the next slice queues behind everybody else at its price. */
  takeShown(slot: number, iceberg: number, quantityLots: number, leavesLots: number): void {
    const { floats } = this.icebergs;
    const at = iceberg * ICEBERG_FLOATS;
    const shownLots = (floats[at + SHOWN] as number) - quantityLots;
    if (shownLots > 0) {
      floats[at + SHOWN] = shownLots;
      return;
    }
    floats[at + SHOWN] = Math.min(leavesLots, floats[at + DISPLAY] as number);
    this.resting(this.sideOf(slot)).moveToBack(slot);
  }

  #open(incoming: IncomingOrder): number {
    const slot = this.rows.open(incoming.orderId);
    const account = incoming.account === 0 ? this.owners.findOrAdd(incoming.accountId) : incoming.account;
    this.owners.join(slot, account * 2 + incoming.side);
    if (incoming.expiresAtMs !== NONE) this.expiries.add(slot, incoming.expiresAtMs);
    return slot;
  }

  #show(slot: number, { displayLots, leavesLots }: IncomingOrder): void {
    const shownLots = Math.min(leavesLots, displayLots);
    const at = slot * ROW_INTS + ICEBERG;
    const iceberg = this.rows.ints[at] as number;
    if (iceberg === 0) this.rows.ints[at] = this.icebergs.open(displayLots, shownLots);
    else this.icebergs.floats[iceberg * ICEBERG_FLOATS + SHOWN] = shownLots;
  }

  #dropIceberg(slot: number): void {
    this.icebergs.close(this.rows.ints[slot * ROW_INTS + ICEBERG] as number);
    this.rows.ints[slot * ROW_INTS + ICEBERG] = 0;
  }
}
