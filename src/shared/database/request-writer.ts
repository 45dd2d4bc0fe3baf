/**
 * Writes requests in Postgres's extended query protocol into one buffer that is used again. Arrays and columns are
 * written in binary: that makes no strings, which are flattened and copied before they are sent, and spares Postgres reading numbers.
 *
 * https://www.postgresql.org/docs/17/protocol-message-formats.html, and array_recv of src/backend/utils/adt/arrayfuncs.c
 */
import { Column } from "./columns.js";
import { WrongValue } from "./postgres-errors.js";

const [PARSE, BIND, DESCRIBE, EXECUTE, CLOSE, SYNC] = [0x50, 0x42, 0x44, 0x45, 0x43, 0x53] as const;
const [PORTAL, STATEMENT] = [0x50, 0x53] as const;
const [TEXT_FORMAT, BINARY_FORMAT] = [0, 1] as const;
const NULL_LENGTH = -1;
/** The types that an array's elements may have, and their object ids. */
const ELEMENT_TYPES = { boolean: 16, bigint: 20, integer: 23, text: 25 } as const;
type ElementType = keyof typeof ELEMENT_TYPES;
type Field = (row: never) => unknown;

const FIRST_BYTES = 2 ** 16;
/** A buffer that a batch out of the ordinary has made is not kept. */
const KEPT_BYTES_MAX = 2 ** 22;
const HIGH_WORD = 2 ** 32;
const ASCII_MAX = 0x7f;
const BYTES_A_CHARACTER_MAX = 3;

export class RequestWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;

  /** All requests since the last reset; the bytes are overwritten after the next one. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Prepares a statement. */
  parse(name: string, text: string): void {
    const start = this.#begin(PARSE);
    this.#cString(name);
    this.#cString(text);
    this.#int16(0);
    this.#end(start);
  }

  /** Gives a prepared statement its values; `text` says the types of its arrays. */
  bind(name: string, text: string, values: readonly unknown[]): void {
    const start = this.#begin(BIND);
    this.#cString("");
    this.#cString(name);
    this.#int16(values.length);
    for (const value of values) this.#int16(isArray(value) ? BINARY_FORMAT : TEXT_FORMAT);
    this.#int16(values.length);
    const types = elementTypesOf(text);
    for (const [index, value] of values.entries()) this.#value(value, types[index]);
    this.#int16(0);
    this.#end(start);
  }

  /** Asks for the columns of the rows that `execute` brings. */
  describe(): void {
    const start = this.#begin(DESCRIBE);
    this.#byte(PORTAL);
    this.#cString("");
    this.#end(start);
  }

  execute(): void {
    const start = this.#begin(EXECUTE);
    this.#cString("");
    this.#int32(0);
    this.#end(start);
  }

  /** Forgets a prepared statement. */
  close(name: string): void {
    const start = this.#begin(CLOSE);
    this.#byte(STATEMENT);
    this.#cString(name);
    this.#end(start);
  }

  sync(): void {
    this.#end(this.#begin(SYNC));
  }

  #value(value: unknown, elementType: ElementType | undefined): void {
    const start = this.#beginValue();
    if (value instanceof Column) this.#array(value.rows, value.field, elementType);
    else if (Array.isArray(value)) this.#array(value as never[], itself, elementType);
    else if (value !== null && value !== undefined) this.#text(String(value));
    if (value === null || value === undefined) this.#nullValue(start);
    else this.#endValue(start);
  }

  /** An array without any value is empty: unnest fills what is too short with nulls. */
  #array(rows: readonly never[], field: Field, type: ElementType | undefined): void {
    if (type === undefined) throw new WrongValue("an array's parameter must have its type: $1::bigint[]");
    const dimensionsAt = this.#length;
    this.#int32(1);
    this.#int32(1); // there may be nulls
    this.#int32(ELEMENT_TYPES[type]);
    this.#int32(rows.length);
    this.#int32(1); // the first one's index
    const isEmpty = type === "text" ? this.#texts(rows, field) : this.#fixed(rows, field, type);
    if (!isEmpty) return;
    this.#length = dimensionsAt;
    this.#int32(0);
    this.#int32(0);
    this.#int32(ELEMENT_TYPES[type]);
  }

  #texts(rows: readonly never[], field: Field): boolean {
    let isEmpty = true;
    for (const row of rows) {
      const value = field(row);
      const start = this.#beginValue();
      if (value === null || value === undefined) this.#nullValue(start);
      else {
        if (typeof value !== "string") throw new WrongValue(`${String(value)} is no text`);
        this.#text(value);
        this.#endValue(start);
        isEmpty = false;
      }
    }
    return isEmpty;
  }

  #fixed(rows: readonly never[], field: Field, type: Exclude<ElementType, "text">): boolean {
    let isEmpty = true;
    for (const row of rows) {
      const value = field(row);
      if (value === null || value === undefined) this.#int32(NULL_LENGTH);
      else {
        isEmpty = false;
        if (type === "bigint") this.#int64(value);
        else if (type === "integer") this.#int32Value(value);
        else this.#boolean(value);
      }
    }
    return isEmpty;
  }

  #int64(value: unknown): void {
    this.#int32(8);
    if (typeof value === "bigint") {
      if (BigInt.asIntN(64, value) !== value) throw new WrongValue(`${value} is no integer of 64 bits`);
      this.#room(8);
      this.#length = this.#bytes.writeBigInt64BE(value, this.#length);
      return;
    }
    if (!Number.isSafeInteger(value)) throw new WrongValue(`${String(value)} is no safe integer`);
    this.#int32(Math.floor((value as number) / HIGH_WORD));
    this.#int32(value as number);
  }

  #int32Value(value: unknown): void {
    if (value !== ((value as number) | 0)) throw new WrongValue(`${String(value)} is no integer of 32 bits`);
    this.#int32(4);
    this.#int32(value as number);
  }

  #boolean(value: unknown): void {
    if (typeof value !== "boolean") throw new WrongValue(`${String(value)} is no boolean`);
    this.#int32(1);
    this.#byte(value ? 1 : 0);
  }

  #begin(code: number): number {
    this.#byte(code);
    return this.#beginValue();
  }

  /** A message's length counts itself. */
  #end(start: number): void {
    this.#lengthAt(start, this.#length - start);
  }

  #beginValue(): number {
    const start = this.#length;
    this.#int32(0);
    return start;
  }

  #endValue(start: number): void {
    this.#lengthAt(start, this.#length - start - 4);
  }

  #nullValue(start: number): void {
    this.#lengthAt(start, NULL_LENGTH);
  }

  #lengthAt(start: number, length: number): void {
    this.#bytes.writeInt32BE(length, start);
  }

  #cString(text: string): void {
    this.#text(text);
    this.#byte(0);
  }

  /** Nearly all texts are short and plain: those are written here, faster than by a call into the runtime. */
  #text(text: string): void {
    const { length } = text;
    this.#room(length * BYTES_A_CHARACTER_MAX);
    const [bytes, start] = [this.#bytes, this.#length];
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > ASCII_MAX) {
        this.#length = start + bytes.write(text, start, "utf8");
        return;
      }
      bytes[start + index] = code;
    }
    this.#length = start + length;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  #int16(value: number): void {
    this.#room(2);
    this.#bytes[this.#length++] = value >>> 8;
    this.#bytes[this.#length++] = value;
  }

  /** The lower 32 bits of an integer. */
  #int32(value: number): void {
    this.#room(4);
    const [bytes, at] = [this.#bytes, this.#length];
    bytes[at] = value >>> 24;
    bytes[at + 1] = value >>> 16;
    bytes[at + 2] = value >>> 8;
    bytes[at + 3] = value;
    this.#length = at + 4;
  }

  #room(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.#length + count));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const elementTypes = new Map<string, readonly (ElementType | undefined)[]>();
const ELEMENT_TYPES_KNOWN_MAX = 1_000;

/** By parameter, the element type that a statement's text gives it. */
function elementTypesOf(text: string): readonly (ElementType | undefined)[] {
  const known = elementTypes.get(text);
  if (known !== undefined) return known;
  const types: ElementType[] = [];
  for (const [, place, type] of text.matchAll(/\$(\d+)::(boolean|bigint|integer|text)\[\]/g))
    types[Number(place) - 1] = type as ElementType;
  if (elementTypes.size < ELEMENT_TYPES_KNOWN_MAX) elementTypes.set(text, types);
  return types;
}

const isArray = (value: unknown) => value instanceof Column || Array.isArray(value);
const itself = (value: never) => value;
