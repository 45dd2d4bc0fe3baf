/** Bytes of the order-handler as lines. Pure. */
const LINE_BYTES_MAX = 1_048_576;

export class ResponseLines {
  #rest = "";

  /** The lines that are complete now. */
  take(bytes: Buffer): string[] {
    const lines = (this.#rest + bytes.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  /** Whether what has come is no line of the dialect. */
  get isTooLong(): boolean {
    return this.#rest.length > LINE_BYTES_MAX;
  }
}
