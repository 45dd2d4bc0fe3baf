/** Reads the fields of rows. event-layout.ts describes the rows; event-rows.ts makes events of them. */

import { CodecError } from "./errors.js";
import { ROW_KINDS, type RowKind, rowBytes, TRADE, viewOf, WORD_BYTES } from "./event-layout.js";

/** Reads rows one by one, and of each row its fields in their order. Every number and length is checked. */
export class RowReader {
  readonly #rows: Uint8Array;
  readonly #view: DataView;
  #row = 0;
  #at = 0;
  #end = 0;
  #has = 0;
  tradeId: number;

  constructor(rows: Uint8Array, firstTradeId: number) {
    this.#rows = rows;
    this.#view = viewOf(rows);
    this.tradeId = firstTradeId - 1;
  }

  /** Goes to the next row; null: there is none. */
  next(): RowKind | null {
    this.#row = this.#end;
    if (this.#row >= this.#rows.length) return null;
    if (this.#row + WORD_BYTES > this.#rows.length) throw new CodecError("the rows are cut off");
    this.#at = this.#row + WORD_BYTES;
    this.#end = this.#row + rowBytes(this.#view, this.#row);
    if (this.#end > this.#rows.length || this.#end < this.#at) throw new CodecError("a row is cut off");
    this.#has = this.#view.getUint8(this.#row + 4);
    const kind = this.#view.getUint8(this.#row);
    if (kind === TRADE) this.tradeId++;
    return listed(ROW_KINDS, kind, "row kind");
  }

  /** Must be called at the end of each row: throws if a part of it was not read. */
  end(): void {
    if (this.#at + this.#textBytes() !== this.#end) throw new CodecError("a row has another length than its kind");
  }

  get code(): number {
    return this.#view.getUint8(this.#row + 1);
  }

  get enumerations(): number {
    return this.#view.getUint16(this.#row + 2, true);
  }

  number(): number {
    if (this.#at >= this.#end) throw new CodecError("a row is shorter than its kind");
    const value = this.#view.getFloat64(this.#at, true);
    if (!Number.isSafeInteger(value) || value < 0) throw new CodecError(`a row holds ${value}, not a whole number`);
    this.#at += WORD_BYTES;
    return value;
  }

  has(bit: number): boolean {
    return (this.#has & bit) !== 0;
  }

  optional(bit: number): number | null {
    return (this.#has & bit) === 0 ? null : this.number();
  }

  coded<T>(values: readonly T[], what: string): T {
    return listed(values, this.code, what);
  }

  /** The row's text, which stands at its end, behind the numbers. */
  text(): string | null {
    const length = this.#view.getUint8(this.#row + 5) - 1;
    if (length < 0) return null;
    const start = this.#end - this.#textBytes();
    if (start < this.#at) throw new CodecError("a row is shorter than its text");
    let text = "";
    for (let at = start; at < start + length; at++) text += String.fromCharCode(this.#rows[at] as number);
    return text;
  }

  #textBytes(): number {
    const length = this.#view.getUint8(this.#row + 5) - 1;
    return length < 0 ? 0 : Math.ceil(length / WORD_BYTES) * WORD_BYTES;
  }
}

/** The member of a list at this place. Throws a CodecError for one that is not there. */
export function listed<T>(values: readonly T[], index: number, what: string): T {
  const value = values[index];
  if (value === undefined) throw new CodecError(`${what} ${index} is not known here`);
  return value;
}
