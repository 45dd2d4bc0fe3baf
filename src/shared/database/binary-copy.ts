/**
 * Rows as Postgres has them, by `copy … to stdout (format binary)`. pg reads results as text only, and makes a string of
 * each value: that costs several times what the rows cost the server.
 *
 * pg lets an object with `submit` take the place of a query, as in pipelined-transaction.ts.
 */
import { invariant } from "../domain/errors.js";

/** The signature, the flags, and how long what follows them is. */
const HEADER_BYTES = 19;
const EXTENSION_AT = 15;
const END_OF_ROWS = -1;
const WORDS_MAX = 256;
const NOTHING = Buffer.alloc(0);

interface Word {
  readonly bytes: Buffer;
  readonly text: string;
}

/** One row, read column by column from the first to the last. */
export class CopiedRow {
  #bytes: Buffer = NOTHING;
  #at = 0;
  readonly #words: (Word | null)[] = new Array(WORDS_MAX).fill(null);

  start(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#at = at;
  }

  end(): void {
    invariant(this.#at === this.#bytes.length, `a row of ${this.#bytes.length} bytes was read to byte ${this.#at}`);
  }

  /** A bigint or an integer; it must be a safe one. */
  integer(): number | null {
    const at = this.#take();
    if (at < 0) return null;
    if (this.#at - at === 4) return int32At(this.#bytes, at);
    const value = int32At(this.#bytes, at) * 0x1_0000_0000 + (int32At(this.#bytes, at + 4) >>> 0);
    if (!Number.isSafeInteger(value))
      throw new RangeError(`int8 ${this.#bytes.readBigInt64BE(at)} is not a safe integer`);
    return value;
  }

  boolean(): boolean | null {
    const at = this.#take();
    return at < 0 ? null : this.#bytes[at] === 1;
  }

  text(): string | null {
    const at = this.#take();
    return at < 0 ? null : this.#bytes.toString("utf8", at, this.#at);
  }

  /** A text of which there are few: each is made once. */
  word(): string | null {
    const at = this.#take();
    if (at < 0) return null;
    let hash = 0;
    for (let each = at; each < this.#at; each++) hash = (31 * hash + (this.#bytes[each] as number)) & 0xff_ffff;
    const known = this.#words[hash % WORDS_MAX] ?? null;
    if (known !== null && this.#isAt(at, known.bytes)) return known.text;
    const bytes = Buffer.from(this.#bytes.subarray(at, this.#at));
    const text = bytes.toString();
    this.#words[hash % WORDS_MAX] = { bytes, text };
    return text;
  }

  /** Where the next column begins; it ends where the one after it begins. Negative: it is null. */
  #take(): number {
    const length = int32At(this.#bytes, this.#at);
    const at = this.#at + 4;
    this.#at = length < 0 ? at : at + length;
    return length < 0 ? -1 : at;
  }

  #isAt(at: number, bytes: Buffer): boolean {
    const length = this.#at - at;
    if (bytes.length !== length) return false;
    for (let each = 0; each < length; each++) if (bytes[each] !== this.#bytes[at + each]) return false;
    return true;
  }
}

/** Buffer's own way checks its arguments each time, which costs more than the rest. `end` sees a row that is cut off. */
function int32At(bytes: Buffer, at: number): number {
  const upper = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return (upper << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
}

export class BinaryCopy<R> {
  /** Given by pg, with all rows or the first error. */
  callback: ((error: unknown, rows: readonly R[]) => void) | null = null;
  readonly #text: string;
  readonly #decode: (row: CopiedRow) => R;
  readonly #row = new CopiedRow();
  readonly #rows: R[] = [];
  #isBegun = false;
  #error: unknown = null;

  constructor(select: string, decode: (row: CopiedRow) => R) {
    this.#text = `copy (${select}) to stdout (format binary)`;
    this.#decode = decode;
  }

  submit(wire: { query(text: string): void }): void {
    wire.query(this.#text);
  }

  /** The protocol promises a message a row. Its bytes are pg's, which uses them again. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#error !== null) return;
    try {
      const at = this.#isBegun ? 0 : HEADER_BYTES + chunk.readUInt32BE(EXTENSION_AT);
      this.#isBegun = true;
      if (chunk.readInt16BE(at) === END_OF_ROWS) return;
      this.#row.start(chunk, at + 2);
      this.#rows.push(this.#decode(this.#row));
      this.#row.end();
    } catch (error) {
      this.#error = error; // what is still to come is read to its end all the same
    }
  }

  handleCommandComplete(): void {}

  handleError(error: unknown): void {
    this.#error ??= error;
    this.callback?.(this.#error, []);
  }

  handleReadyForQuery(): void {
    this.callback?.(this.#error, this.#rows);
  }
}
