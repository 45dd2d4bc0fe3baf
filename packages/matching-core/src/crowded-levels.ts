/**
 * Sums over the orders of prices where many stand, so that an order that must be filled at once need not look at each of them.
 * The sums of a level are made when they are first asked for and kept up to date until few orders are left; a book that nobody asks
 * keeps none, and nothing of the engine's state is in them.
 */
import { NONE } from "./codes.js";
import { Crowd } from "./crowd.js";
import type { IcebergRows } from "./iceberg-rows.js";
import {
  DISPLAY,
  ICEBERG,
  ICEBERG_FLOATS,
  LEAVES,
  LEVEL,
  NEXT,
  OWNER,
  ROW_FLOATS,
  ROW_INTS,
  SHOWN,
} from "./order-layout.js";
import type { OrderTable } from "./order-table.js";

/** From this many orders on sums are made; when half as many are left they are dropped. */
export const CROWD_ORDERS_MIN = 32;

export class CrowdedLevels {
  readonly #rows: OrderTable;
  readonly #icebergs: IcebergRows;
  readonly #crowds = new Map<number, Crowd>();
  /** How many levels have sums: while there are none, a change of the book costs no more than asking. */
  count = 0;

  constructor(rows: OrderTable, icebergs: IcebergRows) {
    this.#rows = rows;
    this.#icebergs = icebergs;
  }

  /** The sums of a level that has some already. */
  kept(level: number): Crowd | null {
    return this.#crowds.get(level) ?? null;
  }

  /** The sums of the level with this queue, which are kept from now on; null: few orders stand there. */
  of(level: number, first: number, last: number): Crowd | null {
    const kept = this.#crowds.get(level);
    if (kept !== undefined) return kept;
    let slot = first;
    for (let orders = 1; orders < CROWD_ORDERS_MIN; orders++) {
      if (slot === last) return null;
      slot = this.#rows.ints[slot * ROW_INTS + NEXT] as number;
    }
    const crowd = this.sumsOf(first, last);
    this.#crowds.set(level, crowd);
    this.count++;
    return crowd;
  }

  /** The sums of a queue, from its orders. */
  sumsOf(first: number, last: number): Crowd {
    const crowd = new Crowd();
    for (let slot = first; ; slot = this.#rows.ints[slot * ROW_INTS + NEXT] as number) {
      crowd.addOrder(this.#accountOf(slot));
      this.#addLots(crowd, 1, slot);
      if (slot === last) return crowd;
    }
  }

  join(slot: number): void {
    const crowd = this.#crowdOf(slot);
    if (crowd === undefined) return;
    crowd.addOrder(this.#accountOf(slot));
    this.#addLots(crowd, 1, slot);
  }

  /** The order's row is still as it was while it stood there. */
  leave(slot: number): void {
    const crowd = this.#crowdOf(slot);
    if (crowd === undefined) return;
    if (crowd.orders <= CROWD_ORDERS_MIN / 2) {
      this.#crowds.delete(this.#rows.ints[slot * ROW_INTS + LEVEL] as number);
      this.count--;
      return;
    }
    crowd.removeOrder(this.#accountOf(slot));
    this.#addLots(crowd, -1, slot);
  }

  /** The order is about to change, and stays where it stands. */
  beforeChange(slot: number): void {
    const crowd = this.#crowdOf(slot);
    if (crowd !== undefined) this.#addLots(crowd, -1, slot);
  }

  afterChange(slot: number): void {
    const crowd = this.#crowdOf(slot);
    if (crowd !== undefined) this.#addLots(crowd, 1, slot);
  }

  #addLots(crowd: Crowd, sign: 1 | -1, slot: number): void {
    const leavesLots = this.#rows.floats[slot * ROW_FLOATS + LEAVES] as number;
    const iceberg = this.#rows.ints[slot * ROW_INTS + ICEBERG] as number;
    if (iceberg === 0) {
      crowd.addLots(sign, leavesLots, 0, 0);
      return;
    }
    const shownLots = this.#icebergs.floats[iceberg * ICEBERG_FLOATS + SHOWN] as number;
    const displayLots = this.#icebergs.floats[iceberg * ICEBERG_FLOATS + DISPLAY] as number;
    const hiddenLots = leavesLots - shownLots;
    crowd.addLots(sign, shownLots, hiddenLots, slicesOf(hiddenLots, displayLots));
  }

  #crowdOf(slot: number): Crowd | undefined {
    return this.#crowds.get(this.#rows.ints[slot * ROW_INTS + LEVEL] as number);
  }

  #accountOf(slot: number): number {
    return (this.#rows.ints[slot * ROW_INTS + OWNER] as number) >> 1;
  }
}

/** In how many slices an order shows what it hides. */
export function slicesOf(hiddenLots: number, displayLots: number): number {
  return hiddenLots === 0 || displayLots === NONE ? 0 : Math.ceil(hiddenLots / displayLots);
}
