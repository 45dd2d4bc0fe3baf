/** Everything as lines, for a pipe or a file. */
import type { Writable } from "node:stream";
import type { Output } from "./watch.js";

/** What waits for a slow reader; beyond it, public lines are counted instead. */
const WAITING_BYTES_MAX = 1_048_576;

export class LineOutput implements Output {
  readonly #stream: Writable;
  #dropped = 0;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  tell(kind: Parameters<Output["tell"]>[0], line: string): void {
    if (kind === "request") return;
    if (kind === "public" && this.#stream.writableLength > WAITING_BYTES_MAX) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#stream.write(`${this.#dropped} lines left out: the reader is slow\n`);
    this.#dropped = 0;
    this.#stream.write(`${line}\n`);
  }

  changed(): void {}
}
