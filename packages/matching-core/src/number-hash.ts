import { NONE } from "./codes.js";

/** Two lanes of 32 bits with the finalizing steps of MurmurHash3; NONE and 0 differ. */
export class NumberHash {
  #a = 0x243f6a88;
  #b = 0x85a308d3;

  add(value: number): void {
    const low = value >>> 0;
    this.#word(low);
    this.#word((value - low) / 2 ** 32);
  }

  addOptional(value: number): void {
    if (value === NONE) this.#word(0xffffffff);
    else this.add(value);
  }

  text(): string {
    return [this.#a, this.#b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #word(word: number): void {
    let a = Math.imul(this.#a ^ word, 0x85ebca6b);
    a ^= a >>> 13;
    const b = Math.imul(this.#b ^ a, 0xc2b2ae35);
    this.#a = a;
    this.#b = ((b ^ (b >>> 16)) + word) | 0;
  }
}
