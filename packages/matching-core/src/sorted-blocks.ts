import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

/**
 * Block numbers sorted by key, the highest last, where most of the traffic is. They are in chunks of at most 32, with a
 * directory that has a separating key for each chunk. Finding takes a few steps, and adding or removing moves a chunk at most,
 * however many keys there are and however they are spread.
 */
const CHUNK_MAX = 32;
/** A chunk that shrinks below this joins a neighbour, if both together have at most JOINED_MAX. */
const CHUNK_SMALL = 8;
const JOINED_MAX = 24;

export class SortedBlocks {
  #keys = new Float64Array(CHUNK_MAX);
  #blocks = new Int32Array(CHUNK_MAX);
  /** The number of entries of each chunk. */
  #counts = new Int32Array(1);
  #freeChunks: number[] = [];
  #chunkCount = 1;
  /** The chunks in order, each with a key above all before it and not above any in it. There is always one chunk. */
  #directory = new Int32Array(16);
  #separators = new Float64Array(16);
  #length = 1;
  /** Where `find` looked last: the position in the directory, and the place among the keys. */
  #foundPosition = 0;
  #foundPlace = 0;
  /** The block with the highest key; 0: there is none. */
  last = 0;

  constructor() {
    this.#separators[0] = Number.NEGATIVE_INFINITY;
  }

  get byteLength(): number {
    const { byteLength } = this.#keys;
    return byteLength + this.#blocks.byteLength + this.#counts.byteLength + this.#separators.byteLength * 1.5;
  }

  get holdsOne(): boolean {
    return this.#length === 1 && this.#counts[this.#directory[0] as number] === 1;
  }

  /** The block with this key; 0: none. */
  find(key: number): number {
    const position = this.#position(key);
    const chunk = this.#directory[position] as number;
    const place = this.#place(chunk, key);
    this.#foundPosition = position;
    this.#foundPlace = place;
    return place < chunk * CHUNK_MAX + (this.#counts[chunk] as number) && this.#keys[place] === key
      ? (this.#blocks[place] as number)
      : 0;
  }

  /** The block with the highest key below this one; 0: there is none. */
  below(key: number): number {
    const position = this.#position(key);
    const chunk = this.#directory[position] as number;
    const at = this.#place(chunk, key);
    if (at > chunk * CHUNK_MAX) return this.#blocks[at - 1] as number;
    if (position === 0) return 0;
    const before = this.#directory[position - 1] as number;
    return this.#blocks[before * CHUNK_MAX + (this.#counts[before] as number) - 1] as number;
  }

  /** Adds a block with the key that `find` has just not found. */
  addFound(key: number, block: number): void {
    if (this.#counts[this.#directory[this.#foundPosition] as number] === CHUNK_MAX) {
      this.#split(this.#foundPosition);
      this.find(key);
    }
    const chunk = this.#directory[this.#foundPosition] as number;
    const count = this.#counts[chunk] as number;
    const place = this.#foundPlace;
    const keys = this.#keys;
    const blocks = this.#blocks;
    // A loop, because copyWithin costs more than it moves on stretches this short.
    for (let at = chunk * CHUNK_MAX + count; at > place; at--) {
      keys[at] = keys[at - 1] as number;
      blocks[at] = blocks[at - 1] as number;
    }
    keys[place] = key;
    blocks[place] = block;
    this.#counts[chunk] = count + 1;
    this.#noteLast();
  }

  /** Removes the block with this key, which must be there. */
  remove(key: number): void {
    const position = this.#position(key);
    const chunk = this.#directory[position] as number;
    const count = (this.#counts[chunk] as number) - 1;
    this.#counts[chunk] = count;
    const keys = this.#keys;
    const blocks = this.#blocks;
    const end = chunk * CHUNK_MAX + count;
    for (let at = this.#place(chunk, key); at < end; at++) {
      keys[at] = keys[at + 1] as number;
      blocks[at] = blocks[at + 1] as number;
    }
    if (count < CHUNK_SMALL && this.#length > 1) this.#join(position, count);
    this.#noteLast();
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.#chunkCount, this.#length, this.last);
    out.array(Float64Array.from(this.#freeChunks));
    for (const array of [this.#keys, this.#blocks, this.#counts, this.#directory, this.#separators]) out.array(array);
  }

  load(from: SnapshotReader): void {
    [this.#chunkCount, this.#length, this.last] = from.numbers() as [number, number, number];
    this.#freeChunks = from.numbers();
    this.#keys = from.floats();
    this.#blocks = from.ints();
    this.#counts = from.ints();
    this.#directory = from.ints();
    this.#separators = from.floats();
  }

  /** Notes the last block. The last chunk is empty only if all are, which #join ensures. */
  #noteLast(): void {
    const chunk = this.#directory[this.#length - 1] as number;
    const count = this.#counts[chunk] as number;
    this.last = count === 0 ? 0 : (this.#blocks[chunk * CHUNK_MAX + count - 1] as number);
  }

  /** The position in the directory of the chunk where the key is, or would be. */
  #position(key: number): number {
    const separators = this.#separators;
    let low = 0;
    let high = this.#length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((separators[middle] as number) <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The first place in the chunk whose key is not below this one. */
  #place(chunk: number, key: number): number {
    const keys = this.#keys;
    let low = chunk * CHUNK_MAX;
    let high = low + (this.#counts[chunk] as number);
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves the upper half of a full chunk into a new chunk. */
  #split(position: number): void {
    const chunk = this.#directory[position] as number;
    const upper = this.#freeChunks.pop() ?? this.#newChunk();
    const half = CHUNK_MAX / 2;
    const from = chunk * CHUNK_MAX + half;
    this.#keys.copyWithin(upper * CHUNK_MAX, from, from + half);
    this.#blocks.copyWithin(upper * CHUNK_MAX, from, from + half);
    this.#counts[chunk] = half;
    this.#counts[upper] = half;
    if (this.#length === this.#directory.length) this.#growDirectory();
    this.#directory.copyWithin(position + 2, position + 1, this.#length);
    this.#separators.copyWithin(position + 2, position + 1, this.#length);
    this.#directory[position + 1] = upper;
    this.#separators[position + 1] = this.#keys[upper * CHUNK_MAX] as number;
    this.#length++;
  }

  /** Joins a small chunk with the one before it, or the one after it. */
  #join(position: number, count: number): void {
    const lowerPosition = position === 0 ? 0 : position - 1;
    const upperPosition = lowerPosition + 1;
    const lower = this.#directory[lowerPosition] as number;
    const upper = this.#directory[upperPosition] as number;
    const lowerCount = this.#counts[lower] as number;
    const upperCount = this.#counts[upper] as number;
    const joined = lowerCount + upperCount;
    // An empty chunk always goes: its neighbour's keys fit, and the last chunk must not be empty.
    if (joined > JOINED_MAX && count > 0) return;
    const from = upper * CHUNK_MAX;
    this.#keys.copyWithin(lower * CHUNK_MAX + lowerCount, from, from + upperCount);
    this.#blocks.copyWithin(lower * CHUNK_MAX + lowerCount, from, from + upperCount);
    this.#counts[lower] = joined;
    this.#counts[upper] = 0;
    this.#freeChunks.push(upper);
    this.#directory.copyWithin(upperPosition, upperPosition + 1, this.#length);
    this.#separators.copyWithin(upperPosition, upperPosition + 1, this.#length);
    this.#length--;
  }

  #newChunk(): number {
    const chunk = this.#chunkCount++;
    if (chunk === this.#counts.length) {
      this.#keys = grown(this.#keys, new Float64Array(this.#keys.length * 2));
      this.#blocks = grown(this.#blocks, new Int32Array(this.#blocks.length * 2));
      this.#counts = grown(this.#counts, new Int32Array(this.#counts.length * 2));
    }
    return chunk;
  }

  #growDirectory(): void {
    this.#directory = grown(this.#directory, new Int32Array(this.#directory.length * 2));
    this.#separators = grown(this.#separators, new Float64Array(this.#separators.length * 2));
  }
}

function grown<T extends Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
