/**
 * The bytes of a snapshot: a header with a checksum, then numbers and typed arrays one after the other, as the parts of the
 * book give them. Little-endian, in whole words of 8 bytes.
 */
import { CodecError } from "./errors.js";

const MAGIC = 0x42_4f_55_52;
/** The version of the whole content: it is the engine's memory, so each change of a layout is a new version. */
const VERSION = 4;
/** The oldest version that can be read: numbers that were added since stand at the end of their lists. */
const OLDEST_VERSION = 2;
/** The header: magic and version, then the two lanes of the checksum. */
const HEADER_BYTES = 16;

type Numbers = Float64Array | Int32Array;

export class SnapshotWriter {
  readonly #parts: Numbers[] = [];

  numbers(...values: readonly number[]): void {
    this.array(Float64Array.from(values));
  }

  /** The array is kept by reference until `finish`. */
  array(numbers: Numbers): void {
    this.#parts.push(Float64Array.of(numbers.length), numbers);
  }

  finish(): Uint8Array {
    const length = this.#parts.reduce((sum, part) => sum + padded(part.byteLength), HEADER_BYTES);
    const bytes = new Uint8Array(length);
    let at = HEADER_BYTES;
    for (const part of this.#parts) {
      bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
      at += padded(part.byteLength);
    }
    const ints = new Int32Array(bytes.buffer);
    ints.set([MAGIC, VERSION, ...checksum(ints)]);
    return bytes;
  }
}

/** Throws a CodecError for bytes that are no snapshot of a known version, or not all of one. */
export class SnapshotReader {
  readonly #bytes: Uint8Array;
  #at = HEADER_BYTES;

  constructor(bytes: Uint8Array) {
    if (bytes.length < HEADER_BYTES || bytes.length % 8 !== 0) throw new CodecError("a snapshot is cut off");
    // Copied only if the words don't lie as typed arrays need them; Buffer's slice would not copy.
    this.#bytes = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
    const ints = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, bytes.length / 4);
    if (ints[0] !== MAGIC) throw new CodecError("these bytes are not a snapshot");
    const version = ints[1] ?? 0;
    if (version < OLDEST_VERSION || version > VERSION)
      throw new CodecError(`a snapshot has version ${version}; known here are ${OLDEST_VERSION} to ${VERSION}`);
    const [even, odd] = checksum(ints);
    if (ints[2] !== even || ints[3] !== odd) throw new CodecError("a snapshot has another checksum than it says");
  }

  numbers(): number[] {
    return Array.from(this.floats());
  }

  /** The next array, with room for `length` numbers if that is more. */
  floats(length = 0): Float64Array<ArrayBuffer> {
    const count = this.#length(8);
    const floats = new Float64Array(Math.max(count, length));
    floats.set(new Float64Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, count));
    this.#at += count * 8;
    return floats;
  }

  ints(): Int32Array<ArrayBuffer> {
    const count = this.#length(4);
    const ints = new Int32Array(count);
    ints.set(new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, count));
    this.#at += padded(count * 4);
    return ints;
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw new CodecError("a snapshot is longer than what it holds");
  }

  #length(itemBytes: number): number {
    if (this.#at + 8 > this.#bytes.length) throw new CodecError("a snapshot is shorter than what it holds");
    const [count = 0] = new Float64Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, 1);
    this.#at += 8;
    if (!(this.#at + count * itemBytes <= this.#bytes.length))
      throw new CodecError("a snapshot is shorter than what it holds");
    return count;
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/** The checksum of all words after the header, in two lanes, so that multiplications don't wait for one another. */
function checksum(ints: Int32Array): [even: number, odd: number] {
  let even = 0x243f6a88;
  let odd = 0x05a308d3;
  for (let at = HEADER_BYTES / 4; at < ints.length; at += 2) {
    even = Math.imul(even ^ (ints[at] as number), 0x85ebca6b);
    even ^= even >>> 15;
    odd = Math.imul(odd ^ (ints[at + 1] as number), 0xc2b2ae35);
    odd ^= odd >>> 13;
  }
  return [even, odd];
}
