/**
 * Rows as Postgres has them, by `copy … to stdout (format binary)`. pg reads results as text only, and makes a string of
 * each value: that costs several times what the rows cost the server.
 */
import type pg from "pg";
import { to } from "pg-copy-streams";
import { invariant } from "../domain/errors.js";

/** The signature, the flags, and how long what follows them is. */
const HEADER_BYTES = 19;
const EXTENSION_AT = 15;
/** A row: how many columns it has, then each with its length (negative: null) before it. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
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

  /** What `decode` makes of the row between the two places. */
  read<R>(bytes: Buffer, start: number, end: number, decode: (row: CopiedRow) => R): R {
    this.#bytes = bytes;
    this.#at = start + COUNT_BYTES;
    const decoded = decode(this);
    invariant(this.#at === end, `a row of ${end - start} bytes was read to byte ${this.#at - start}`);
    return decoded;
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
    const at = this.#at + LENGTH_BYTES;
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

/** Buffer's own way checks its arguments each time, which costs more than the rest. `read` sees a row that is cut off. */
function int32At(bytes: Buffer, at: number): number {
  const upper = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return (upper << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
}

/**
 * Reads all rows of the select, on a connection that does nothing else meanwhile. Where this rejects, or nobody waits for it any
 * more, the connection is somewhere in the middle of the copy: all that can be done with it is to close it.
 */
export async function copyRows<R>(client: pg.ClientBase, select: string, decode: (row: CopiedRow) => R): Promise<R[]> {
  const stream = client.query(to(`copy (${select}) to stdout (format binary)`));
  stream.on("error", () => undefined); // who reads hears of errors; those that come after that have no other listener
  const row = new CopiedRow();
  const rows: R[] = [];
  let unread: Buffer = NOTHING;
  let isBegun = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    let at = isBegun ? 0 : endOfHeader(unread);
    for (let end = at; end >= 0; end = endOfRow(unread, at)) {
      isBegun = true;
      if (end > at) rows.push(row.read(unread, at, end, decode));
      at = end;
    }
    unread = unread.subarray(Math.max(0, at));
  }
  return rows;
}

/** Negative: it is not there yet. */
function endOfHeader(bytes: Buffer): number {
  return bytes.length < HEADER_BYTES ? -1 : HEADER_BYTES + bytes.readUInt32BE(EXTENSION_AT);
}

/** Negative: the row that begins here is not there as a whole, or what begins here is the end of all rows. */
function endOfRow(bytes: Buffer, start: number): number {
  if (start + COUNT_BYTES > bytes.length) return -1;
  let end = start + COUNT_BYTES;
  let columns = bytes.readInt16BE(start);
  if (columns === END_OF_ROWS) return -1;
  for (; columns > 0 && end + LENGTH_BYTES <= bytes.length; columns--)
    end += LENGTH_BYTES + Math.max(0, int32At(bytes, end));
  return columns > 0 || end > bytes.length ? -1 : end;
}
