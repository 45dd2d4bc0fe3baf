import type { Crowd } from "./crowd.js";
import { CrowdedLevels } from "./crowded-levels.js";
import type { IcebergRows } from "./iceberg-rows.js";
import { BLOCK_PRICES, BLOCK_SHIFT, FIRST_BLOCKS, HINTS, LEVEL, NEXT, PREVIOUS, ROW_INTS } from "./order-layout.js";
import type { OrderTable } from "./order-table.js";
import { ShownLevels } from "./shown-levels.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";
import { SortedBlocks } from "./sorted-blocks.js";

/**
 * One side of the book, or the stops of one side: a FIFO queue at each price, best price first. Prices stand in blocks
 * of 16 neighbours, a bit each for those that have orders; the blocks in use are sorted (sorted-blocks.ts). So where
 * prices are close, finding one, the best and the next are a few steps without a search, and where they are far apart a
 * block costs 80 bytes and a search.
 *
 * Inside, prices are keys: the price, or the price negated where the lowest is best, so the highest key is always best.
 * A level is block * 16 + place in it. A level's queue is known by its last order, whose NEXT is the first: 4 bytes a
 * level, and both ends at hand. Level 0, block 0 and slot 0 are none.
 */
export class PriceLadder {
  readonly #rows: OrderTable;
  /** Sums of levels with many orders. */
  readonly crowded: CrowdedLevels;
  readonly shown: ShownLevels;
  /** Whether one of them keeps sums. Where nobody asks for any, a change of the book costs one look at this and no more. */
  isWatched = false;
  /** 1: the highest price is best; -1: the lowest. */
  readonly sign: 1 | -1;
  readonly #sorted = new SortedBlocks();
  /** By block: key / 16, rounded down; and which of its prices have orders; none in block 0. */
  #blockKeys = new Float64Array(FIRST_BLOCKS);
  #bits = new Int32Array(FIRST_BLOCKS);
  /** By level: the last order of its queue; of a level without orders anything, so that it need not be touched. */
  #lasts = new Int32Array(FIRST_BLOCKS * BLOCK_PRICES);
  /** Blocks in use by a hash of their key, as far as there is room; and their keys, NaN where there is none. */
  readonly #hints = new Int32Array(HINTS);
  readonly #hintKeys = new Float64Array(HINTS).fill(Number.NaN);
  #blockCount = 1;
  #freeBlocks: number[] = [];

  constructor(rows: OrderTable, icebergs: IcebergRows, best: "highest" | "lowest") {
    this.#rows = rows;
    this.crowded = new CrowdedLevels(rows, icebergs);
    this.shown = new ShownLevels(rows, icebergs);
    this.sign = best === "highest" ? 1 : -1;
  }

  get byteLength(): number {
    const perBlock = this.#blockKeys.byteLength + this.#bits.byteLength + this.#lasts.byteLength;
    const hints = this.#hints.byteLength + this.#hintKeys.byteLength;
    return perBlock + hints + this.#sorted.byteLength + this.shown.byteLength;
  }

  /** The best level; 0: there are no orders. */
  bestLevel(): number {
    const block = this.#sorted.last;
    const bits = this.#bits[block] as number;
    return bits === 0 ? 0 : (block << BLOCK_SHIFT) | (31 - Math.clz32(bits));
  }

  /** The next level after this one, which must have orders; 0: there is none. */
  worseLevel(level: number): number {
    const block = level >>> BLOCK_SHIFT;
    const worse = (this.#bits[block] as number) & ~(-1 << (level & (BLOCK_PRICES - 1)));
    if (worse !== 0) return (block << BLOCK_SHIFT) | (31 - Math.clz32(worse));
    const below = this.#sorted.below(this.#blockKeys[block] as number);
    return below === 0 ? 0 : (below << BLOCK_SHIFT) | (31 - Math.clz32(this.#bits[below] as number));
  }

  keyOf(level: number): number {
    return (this.#blockKeys[level >>> BLOCK_SHIFT] as number) * BLOCK_PRICES + (level & (BLOCK_PRICES - 1));
  }

  priceOf(level: number): number {
    return this.sign * this.keyOf(level);
  }

  firstOf(level: number): number {
    return this.#rows.ints[(this.#lasts[level] as number) * ROW_INTS + NEXT] as number;
  }

  lastOf(level: number): number {
    return this.#lasts[level] as number;
  }

  /** The level's sums; null: few orders stand there. */
  crowdOf(level: number): Crowd | null {
    const crowd = this.crowded.of(level, this.firstOf(level), this.lastOf(level));
    if (crowd !== null) this.isWatched = true;
    return crowd;
  }

  /** To the back of its price's queue; everything about the order is in its row by then. */
  add(slot: number, price: number): void {
    const key = this.sign * price;
    const blockKey = Math.floor(key / BLOCK_PRICES);
    const hint = blockKey & (HINTS - 1);
    const block = this.#hintKeys[hint] === blockKey ? (this.#hints[hint] as number) : this.#findOrAddBlock(blockKey);
    const place = key & (BLOCK_PRICES - 1);
    const level = (block << BLOCK_SHIFT) | place;
    const { ints } = this.#rows;
    const at = slot * ROW_INTS;
    ints[at + LEVEL] = level;
    const bits = this.#bits[block] as number;
    if ((bits & (1 << place)) === 0) {
      ints[at + PREVIOUS] = 0;
      ints[at + NEXT] = slot;
      this.#bits[block] = bits | (1 << place);
    } else {
      const last = this.#lasts[level] as number;
      ints[at + PREVIOUS] = last;
      ints[at + NEXT] = ints[last * ROW_INTS + NEXT] as number;
      ints[last * ROW_INTS + NEXT] = slot;
    }
    this.#lasts[level] = slot;
    if (this.isWatched) this.#joined(slot, level);
  }

  /** Its row is as it was while it stood here. */
  remove(slot: number): void {
    const { ints } = this.#rows;
    const at = slot * ROW_INTS;
    const level = ints[at + LEVEL] as number;
    if (this.isWatched) this.#leaves(slot, level);
    const next = ints[at + NEXT] as number;
    if (next === slot) {
      this.#emptyLevel(level);
      return;
    }
    const previous = ints[at + PREVIOUS] as number;
    const last = this.#lasts[level] as number;
    if (slot === last) {
      ints[previous * ROW_INTS + NEXT] = next;
      this.#lasts[level] = previous;
    } else {
      ints[next * ROW_INTS + PREVIOUS] = previous;
      ints[(previous === 0 ? last : previous) * ROW_INTS + NEXT] = next;
    }
  }

  /** The order is about to change, and stays where it stands. */
  beforeChange(slot: number): void {
    this.crowded.beforeChange(slot);
    if (this.shown.isFollowed) this.shown.leave(slot, this.#rows.ints[slot * ROW_INTS + LEVEL] as number);
  }

  afterChange(slot: number): void {
    this.crowded.afterChange(slot);
    if (this.shown.isFollowed) this.shown.join(slot, this.#rows.ints[slot * ROW_INTS + LEVEL] as number);
  }

  /** Sums up what each level shows, from its orders, and keeps that up to date from now on. */
  followShown(): void {
    this.shown.begin(this.#lasts.length);
    this.isWatched = true;
    for (let level = this.bestLevel(); level !== 0; level = this.worseLevel(level)) {
      const last = this.lastOf(level);
      for (let slot = this.firstOf(level); ; slot = this.#rows.ints[slot * ROW_INTS + NEXT] as number) {
        this.shown.join(slot, level);
        if (slot === last) break;
      }
    }
  }

  /** Behind everybody else of its price. */
  moveToBack(slot: number): void {
    const { ints } = this.#rows;
    const at = slot * ROW_INTS;
    const level = ints[at + LEVEL] as number;
    const last = this.#lasts[level] as number;
    if (slot === last) return;
    const next = ints[at + NEXT] as number;
    const previous = ints[at + PREVIOUS] as number;
    ints[next * ROW_INTS + PREVIOUS] = previous;
    const first = previous === 0 ? next : this.firstOf(level);
    if (previous !== 0) ints[previous * ROW_INTS + NEXT] = next;
    ints[last * ROW_INTS + NEXT] = slot;
    ints[at + PREVIOUS] = last;
    ints[at + NEXT] = first;
    this.#lasts[level] = slot;
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.#blockCount);
    out.array(Float64Array.from(this.#freeBlocks));
    for (const array of [this.#blockKeys, this.#bits, this.#lasts]) out.array(array);
    this.#sorted.save(out);
  }

  load(from: SnapshotReader): void {
    [this.#blockCount] = from.numbers() as [number];
    this.#freeBlocks = from.numbers();
    this.#blockKeys = from.floats();
    this.#bits = from.ints();
    this.#lasts = from.ints();
    this.#sorted.load(from);
  }

  #joined(slot: number, level: number): void {
    if (this.crowded.count !== 0) this.crowded.join(slot);
    if (this.shown.isFollowed) this.shown.join(slot, level);
  }

  #leaves(slot: number, level: number): void {
    if (this.shown.isFollowed) this.shown.leave(slot, level);
    if (this.crowded.count === 0) return;
    this.crowded.leave(slot);
    this.isWatched = this.shown.isFollowed || this.crowded.count !== 0;
  }

  #emptyLevel(level: number): void {
    const block = level >>> BLOCK_SHIFT;
    const bits = (this.#bits[block] as number) & ~(1 << (level & (BLOCK_PRICES - 1)));
    this.#bits[block] = bits;
    if (this.isWatched && this.shown.isFollowed) this.shown.sums[level] = 0;
    // The only block stays when it is empty: a thin book would drop it and find it again with every order.
    if (bits !== 0 || this.#sorted.holdsOne) return;
    this.#dropBlock(block);
  }

  #dropBlock(block: number): void {
    const blockKey = this.#blockKeys[block] as number;
    this.#sorted.remove(blockKey);
    if (this.isWatched && this.shown.isFollowed) this.shown.blockGoes(blockKey * BLOCK_PRICES);
    const hint = blockKey & (HINTS - 1);
    if (this.#hintKeys[hint] === blockKey) this.#hintKeys[hint] = Number.NaN;
    this.#freeBlocks.push(block);
  }

  #findOrAddBlock(blockKey: number): number {
    let block = this.#sorted.find(blockKey);
    if (block === 0) {
      const { last } = this.#sorted;
      if (last !== 0 && this.#bits[last] === 0) {
        this.#dropBlock(last);
        this.#sorted.find(blockKey);
      }
      block = this.#freeBlocks.pop() ?? this.#newBlock();
      this.#blockKeys[block] = blockKey;
      this.#sorted.addFound(blockKey, block);
    }
    this.#hints[blockKey & (HINTS - 1)] = block;
    this.#hintKeys[blockKey & (HINTS - 1)] = blockKey;
    return block;
  }

  #newBlock(): number {
    const block = this.#blockCount++;
    if (block === this.#bits.length) {
      const blocks = block * 2;
      const keys = new Float64Array(blocks);
      keys.set(this.#blockKeys);
      this.#blockKeys = keys;
      const bits = new Int32Array(blocks);
      bits.set(this.#bits);
      this.#bits = bits;
      const lasts = new Int32Array(blocks * BLOCK_PRICES);
      lasts.set(this.#lasts);
      this.#lasts = lasts;
      if (this.isWatched && this.shown.isFollowed) this.shown.grow(lasts.length);
    }
    return block;
  }
}
