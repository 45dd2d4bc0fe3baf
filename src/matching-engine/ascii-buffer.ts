const CAPACITY_BYTES = 256 * 1024;

/** Gathers ASCII text as bytes: gathered as strings, output costs as much in garbage collection as in work. */
export class AsciiBuffer {
  #bytes = Buffer.allocUnsafe(CAPACITY_BYTES);
  #used = 0;

  add(text: string): void {
    if (text.length > this.#bytes.length - this.#used) this.#grow(text.length);
    this.#used += this.#bytes.write(text, this.#used, "latin1");
  }

  isFull(): boolean {
    return this.#used >= CAPACITY_BYTES / 2;
  }

  /** Returns the bytes so far, and empties the buffer. */
  take(): Uint8Array {
    const gathered = this.#bytes.subarray(0, this.#used);
    this.#bytes = Buffer.allocUnsafe(CAPACITY_BYTES);
    this.#used = 0;
    return gathered;
  }

  #grow(byBytes: number): void {
    const larger = Buffer.allocUnsafe((this.#used + byBytes) * 2);
    this.#bytes.copy(larger, 0, 0, this.#used);
    this.#bytes = larger;
  }
}
