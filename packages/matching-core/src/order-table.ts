import { EXPIRY, ICEBERG, ID_NEXT, NEXT, ORDER_ID, ROW_FLOATS, ROW_INTS } from "./order-layout.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

const FIRST_CAPACITY = 512;

export class OrderTable {
  floats: Float64Array;
  ints: Int32Array;
  count = 0;
  /** The rows that can be used without growing. */
  #capacity = FIRST_CAPACITY;
  /** Slots up to this one have been used; those that are free again are linked by NEXT. */
  #highestUsed = 0;
  #free = 0;
  /** The first slot of each bucket of order ids. There are as many buckets as the highest power of two not above the capacity. */
  #buckets: Int32Array;
  #bucketMask: number;

  constructor() {
    this.floats = new Float64Array((this.#capacity + 1) * ROW_FLOATS);
    this.ints = new Int32Array(this.floats.buffer);
    this.#buckets = new Int32Array(bucketsFor(this.#capacity));
    this.#bucketMask = this.#buckets.length - 1;
  }

  get byteLength(): number {
    return this.floats.byteLength + this.#buckets.byteLength;
  }

  /** A row for this order id, which no open order has. Its other numbers are those of the order that had the row before. */
  open(orderId: number): number {
    if (this.count >= this.#capacity) this.#grow();
    this.count++;
    let slot = this.#free;
    if (slot === 0) slot = ++this.#highestUsed;
    else this.#free = this.ints[slot * ROW_INTS + NEXT] as number;
    this.floats[slot * ROW_FLOATS + ORDER_ID] = orderId;
    this.ints[slot * ROW_INTS + ICEBERG] = 0;
    this.ints[slot * ROW_INTS + EXPIRY] = 0;
    const bucket = bucketOf(orderId) & this.#bucketMask;
    this.ints[slot * ROW_INTS + ID_NEXT] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = slot;
    return slot;
  }

  close(slot: number): void {
    const { ints } = this;
    const bucket = bucketOf(this.floats[slot * ROW_FLOATS + ORDER_ID] as number) & this.#bucketMask;
    const after = ints[slot * ROW_INTS + ID_NEXT] as number;
    let at = this.#buckets[bucket] as number;
    if (at === slot) this.#buckets[bucket] = after;
    else {
      while (ints[at * ROW_INTS + ID_NEXT] !== slot) at = ints[at * ROW_INTS + ID_NEXT] as number;
      ints[at * ROW_INTS + ID_NEXT] = after;
    }
    ints[slot * ROW_INTS + NEXT] = this.#free;
    this.#free = slot;
    this.count--;
  }

  /** The slot of the open order with this id; 0: none. */
  find(orderId: number): number {
    let slot = this.#buckets[bucketOf(orderId) & this.#bucketMask] as number;
    while (slot !== 0 && this.floats[slot * ROW_FLOATS + ORDER_ID] !== orderId)
      slot = this.ints[slot * ROW_INTS + ID_NEXT] as number;
    return slot;
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.count, this.#capacity, this.#highestUsed, this.#free);
    out.array(this.floats.subarray(0, (this.#highestUsed + 1) * ROW_FLOATS));
    out.array(this.#buckets);
  }

  load(from: SnapshotReader): void {
    const numbers = from.numbers() as [number, number, number, number];
    [this.count, this.#capacity, this.#highestUsed, this.#free] = numbers;
    this.floats = from.floats((this.#capacity + 1) * ROW_FLOATS);
    this.ints = new Int32Array(this.floats.buffer);
    this.#buckets = from.ints();
    this.#bucketMask = this.#buckets.length - 1;
  }

  #grow(): void {
    this.#capacity *= 2;
    const grown = new Float64Array((this.#capacity + 1) * ROW_FLOATS);
    // Copied as bytes: a copy of floats may change bits that are not a number's.
    new Uint8Array(grown.buffer).set(new Uint8Array(this.floats.buffer));
    this.floats = grown;
    this.ints = new Int32Array(grown.buffer);
    this.#buckets = new Int32Array(bucketsFor(this.#capacity));
    this.#bucketMask = this.#buckets.length - 1;
    // Only called when every row is in use.
    for (let slot = 1; slot <= this.#highestUsed; slot++) {
      const bucket = bucketOf(this.floats[slot * ROW_FLOATS + ORDER_ID] as number) & this.#bucketMask;
      this.ints[slot * ROW_INTS + ID_NEXT] = this.#buckets[bucket] as number;
      this.#buckets[bucket] = slot;
    }
  }
}

/**
 * The bucket of an order id. Ids are places in the order log: batch * 256 + index. This spreads full batches and batches of one
 * alike, and keeps neighbours beside each other, where a cache line holds sixteen of them.
 */
function bucketOf(orderId: number): number {
  return (orderId | 0) + (orderId >>> 8);
}

function bucketsFor(capacity: number): number {
  return 2 ** Math.floor(Math.log2(Math.max(capacity, 2)));
}
