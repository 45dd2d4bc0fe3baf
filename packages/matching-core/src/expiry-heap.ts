import { invariant } from "./errors.js";
import { EXPIRY, ORDER_ID, ROW_FLOATS, ROW_INTS } from "./order-layout.js";
import type { OrderTable } from "./order-table.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

const FIRST_CAPACITY = 64;

/**
 * The orders with an expiry, as a binary heap: the earliest first, and of those with the same expiry the oldest. A row's EXPIRY
 * is the order's place in the heap, so that one that ends before its time is taken out at once. Place 0 is unused.
 */
export class ExpiryHeap {
  readonly #rows: OrderTable;
  #times = new Float64Array(FIRST_CAPACITY);
  #slots = new Int32Array(FIRST_CAPACITY);
  #size = 0;

  constructor(rows: OrderTable) {
    this.#rows = rows;
  }

  get byteLength(): number {
    return this.#times.byteLength + this.#slots.byteLength;
  }

  /** The earliest expiry; infinite if no order expires. */
  get earliestMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[1] as number);
  }

  get earliestSlot(): number {
    return this.#slots[1] as number;
  }

  expiryOf(slot: number): number {
    return this.#times[this.#rows.ints[slot * ROW_INTS + EXPIRY] as number] as number;
  }

  add(slot: number, expiresAtMs: number): void {
    const place = ++this.#size;
    if (place >= this.#slots.length) this.#grow();
    this.#rise(place, slot, expiresAtMs);
  }

  remove(slot: number): void {
    const place = this.#rows.ints[slot * ROW_INTS + EXPIRY] as number;
    this.#rows.ints[slot * ROW_INTS + EXPIRY] = 0;
    const moved = this.#slots[this.#size] as number;
    const time = this.#times[this.#size] as number;
    this.#size--;
    if (moved === slot) return;
    if (place > 1 && this.#isBefore(time, moved, place >> 1)) this.#rise(place, moved, time);
    else this.#sink(place, moved, time);
  }

  /** Throws an InvariantBroken if a row and its place differ, or a place is earlier than the one above it. */
  assertSound(): void {
    for (let place = 1; place <= this.#size; place++) {
      const slot = this.#slots[place] as number;
      invariant(
        this.#rows.ints[slot * ROW_INTS + EXPIRY] === place,
        "an order knows another place in the heap of expiries",
      );
      const isEarlier = place > 1 && this.#isBefore(this.#times[place] as number, slot, place >> 1);
      invariant(!isEarlier, "an expiry stands below a later one");
    }
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.#size);
    out.array(this.#times);
    out.array(this.#slots);
  }

  load(from: SnapshotReader): void {
    [this.#size] = from.numbers() as [number];
    this.#times = from.floats();
    this.#slots = from.ints();
  }

  #rise(from: number, slot: number, time: number): void {
    let place = from;
    while (place > 1 && this.#isBefore(time, slot, place >> 1)) {
      this.#put(place, this.#slots[place >> 1] as number, this.#times[place >> 1] as number);
      place >>= 1;
    }
    this.#put(place, slot, time);
  }

  #sink(from: number, slot: number, time: number): void {
    let place = from;
    for (let child = place * 2; child <= this.#size; child = place * 2) {
      const right = child + 1;
      if (right <= this.#size && this.#isBefore(this.#times[right] as number, this.#slots[right] as number, child))
        child = right;
      if (this.#isBefore(time, slot, child)) break;
      this.#put(place, this.#slots[child] as number, this.#times[child] as number);
      place = child;
    }
    this.#put(place, slot, time);
  }

  #put(place: number, slot: number, time: number): void {
    this.#slots[place] = slot;
    this.#times[place] = time;
    this.#rows.ints[slot * ROW_INTS + EXPIRY] = place;
  }

  #isBefore(time: number, slot: number, place: number): boolean {
    const other = this.#times[place] as number;
    if (time !== other) return time < other;
    const { floats } = this.#rows;
    const otherId = floats[(this.#slots[place] as number) * ROW_FLOATS + ORDER_ID] as number;
    return (floats[slot * ROW_FLOATS + ORDER_ID] as number) < otherId;
  }

  #grow(): void {
    const length = this.#times.length * 2;
    const times = new Float64Array(length);
    times.set(this.#times);
    this.#times = times;
    const slots = new Int32Array(length);
    slots.set(this.#slots);
    this.#slots = slots;
  }
}
