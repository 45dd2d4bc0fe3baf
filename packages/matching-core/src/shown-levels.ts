/**
 * What each level of a side shows, the sum of the quantities that its orders display, and which levels were touched since they were
 * last taken. Kept only while somebody follows the side, and no part of the engine's state: neither hash nor snapshot knows of it.
 *
 * A touch is one number at the end of a list, whether the level is in it or not: to look would cost more than the rows that are told
 * twice. What a level shows is looked up when it is taken, so all of them tell the same.
 */
import type { IcebergRows } from "./iceberg-rows.js";
import { BLOCK_PRICES, ICEBERG, ICEBERG_FLOATS, LEAVES, ROW_FLOATS, ROW_INTS, SHOWN } from "./order-layout.js";
import type { OrderTable } from "./order-table.js";

/** Prices whose block went away between two takes are kept up to so many; then all levels have to be taken. */
const GONE_MAX = 65_536;

export class ShownLevels {
  readonly #rows: OrderTable;
  readonly #icebergs: IcebergRows;
  isFollowed = false;
  /** By level; NaN: was above 2^53 since it was empty, so that it has to be summed up anew. */
  sums = new Float64Array(0);
  /** Levels in the order in which they were touched; there is room for twice as many as there are levels. */
  touched = new Int32Array(0);
  touchedCount = 0;
  #lastTouched = 0;
  /** Keys of levels of blocks that went away since the last take: they come before what was touched. */
  goneKeys: number[] = [];
  /** More went away than is kept. */
  hasForgotten = false;

  constructor(rows: OrderTable, icebergs: IcebergRows) {
    this.#rows = rows;
    this.#icebergs = icebergs;
  }

  get byteLength(): number {
    return this.sums.byteLength + this.touched.byteLength;
  }

  /** Begins for so many levels, with all sums at 0. */
  begin(levels: number): void {
    this.isFollowed = true;
    this.sums = new Float64Array(levels);
    this.touched = new Int32Array(2 * levels);
    this.forget();
  }

  /** Makes room for so many levels. */
  grow(levels: number): void {
    const { sums, touched } = this;
    this.sums = new Float64Array(levels);
    this.sums.set(sums);
    this.touched = new Int32Array(2 * levels);
    this.touched.set(touched);
  }

  join(slot: number, level: number): void {
    const sum = (this.sums[level] as number) + this.#lotsOf(slot);
    this.sums[level] = sum <= Number.MAX_SAFE_INTEGER ? sum : Number.NaN;
    this.#touch(level);
  }

  /** The order's row is still as it was while it stood there. */
  leave(slot: number, level: number): void {
    this.sums[level] = (this.sums[level] as number) - this.#lotsOf(slot);
    this.#touch(level);
  }

  /** An order that stays there shows so many more lots; fewer, if it is negative. */
  change(level: number, byLots: number): void {
    this.sums[level] = (this.sums[level] as number) + byLots;
    this.#touch(level);
  }

  /** The levels of the block are empty, and will be those of other prices. */
  blockGoes(firstKey: number): void {
    if (this.goneKeys.length >= GONE_MAX) this.hasForgotten = true;
    else for (let place = 0; place < BLOCK_PRICES; place++) this.goneKeys.push(firstKey + place);
  }

  /** Forgets what was touched, once it is taken. */
  forget(): void {
    this.touchedCount = 0;
    this.#lastTouched = 0;
    if (this.goneKeys.length > 0) this.goneKeys = [];
    this.hasForgotten = false;
  }

  #touch(level: number): void {
    // What trades does so several times in a row.
    if (level === this.#lastTouched) return;
    this.#lastTouched = level;
    this.touched[this.touchedCount++] = level;
    if (this.touchedCount === this.touched.length) this.#forgetRepeated();
  }

  /** Keeps the first of each level's touches: at most half of the room. */
  #forgetRepeated(): void {
    const isKept = new Uint8Array(this.sums.length);
    let kept = 0;
    for (const level of this.touched) {
      if (isKept[level] === 1) continue;
      isKept[level] = 1;
      this.touched[kept++] = level;
    }
    this.touchedCount = kept;
  }

  #lotsOf(slot: number): number {
    const iceberg = this.#rows.ints[slot * ROW_INTS + ICEBERG] as number;
    if (iceberg === 0) return this.#rows.floats[slot * ROW_FLOATS + LEAVES] as number;
    return this.#icebergs.floats[iceberg * ICEBERG_FLOATS + SHOWN] as number;
  }
}
