import { DISPLAY, ICEBERG_FLOATS, SHOWN } from "./order-layout.js";
import type { SnapshotReader, SnapshotWriter } from "./snapshot-bytes.js";

const FIRST_CAPACITY = 64;

export class IcebergRows {
  floats = new Float64Array(FIRST_CAPACITY * ICEBERG_FLOATS);
  #highestUsed = 0;
  #free = 0;

  get byteLength(): number {
    return this.floats.byteLength;
  }

  open(displayLots: number, shownOrMinimumLots: number): number {
    let row = this.#free;
    if (row !== 0) this.#free = this.floats[row * ICEBERG_FLOATS] as number;
    else {
      row = ++this.#highestUsed;
      if ((row + 1) * ICEBERG_FLOATS > this.floats.length) this.#grow();
    }
    const at = row * ICEBERG_FLOATS;
    this.floats[at + DISPLAY] = displayLots;
    this.floats[at + SHOWN] = shownOrMinimumLots;
    return row;
  }

  close(row: number): void {
    this.floats[row * ICEBERG_FLOATS] = this.#free;
    this.#free = row;
  }

  save(out: SnapshotWriter): void {
    out.numbers(this.#highestUsed, this.#free);
    out.array(this.floats);
  }

  load(from: SnapshotReader): void {
    [this.#highestUsed, this.#free] = from.numbers() as [number, number];
    this.floats = from.floats();
  }

  #grow(): void {
    const grown = new Float64Array(this.floats.length * 2);
    grown.set(this.floats);
    this.floats = grown;
  }
}
