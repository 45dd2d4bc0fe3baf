/**
 * Levels as rows of three numbers, which are bytes as they are: price in ticks, and what is displayed there, in lots, as
 * `low + high * 2^53`; 0 at a price where nobody stands any more.
 */
export const LEVEL_NUMBERS = 3;
const HIGH_UNIT = 2n ** 53n;
const FIRST_LEVELS = 256;

/** The displayed lots of a row; a bigint where a number can't hold them. */
export function lotsOfRow(low: number, high: number): number | bigint {
  return high === 0 ? low : BigInt(low) + BigInt(high) * HIGH_UNIT;
}

/** Rows that are written again with each take. */
export class LevelRows {
  #numbers = new Float64Array(FIRST_LEVELS * LEVEL_NUMBERS);
  #length = 0;

  /** The rows; they stay as they are until the next take. */
  get numbers(): Float64Array {
    return this.#numbers.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Makes room for so many rows, which the caller writes; returns all numbers, and where the first of them belongs is `end`. */
  roomFor(levels: number): Float64Array {
    const needed = this.#length + levels * LEVEL_NUMBERS;
    if (needed > this.#numbers.length) {
      const grown = new Float64Array(Math.max(needed, this.#numbers.length * 2));
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    return this.#numbers;
  }

  get end(): number {
    return this.#length;
  }
  set end(end: number) {
    this.#length = end;
  }

  add(priceTicks: number, lots: number | bigint): void {
    const numbers = this.roomFor(1);
    numbers[this.#length++] = priceTicks;
    numbers[this.#length++] = typeof lots === "bigint" ? Number(lots % HIGH_UNIT) : lots;
    numbers[this.#length++] = typeof lots === "bigint" ? Number(lots / HIGH_UNIT) : 0;
  }
}
