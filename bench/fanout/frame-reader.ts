const TEXT = 1;
const CLOSE = 8;

export interface FrameEvents {
  /** A text frame ended; `text` is null where frames are only counted. */
  readonly onText: (bytes: number, text: string | null) => void;
  readonly onClose: () => void;
}

/**
 * Takes a server's WebSocket frames (RFC 6455) out of the bytes of a connection, whatever their division. A server does not mask,
 * and ours sends whole messages. While frames are only counted, their bytes are neither copied nor looked at.
 */
export class FrameReader {
  isCounting = false;
  readonly #events: FrameEvents;
  readonly #header = Buffer.alloc(10);
  #headerLength = 0;
  #length = 0;
  #left = 0;
  #payload: Buffer | null = null;

  constructor(events: FrameEvents) {
    this.#events = events;
  }

  read(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, end - at);
        this.#payload?.set(bytes.subarray(at, at + taken), this.#length - this.#left);
        at += taken;
        this.#left -= taken;
        if (this.#left === 0) this.#end();
        continue;
      }
      this.#header[this.#headerLength] = bytes[at] as number;
      this.#headerLength += 1;
      at += 1;
      if (this.#headerLength >= 2) this.#begin();
    }
  }

  /** Begins the payload if the header is complete. */
  #begin(): void {
    const short = (this.#header[1] as number) & 127;
    const length = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (this.#headerLength < length) return;
    this.#headerLength = 0;
    this.#length =
      short === 126 ? this.#header.readUInt16BE(2) : short === 127 ? Number(this.#header.readBigUInt64BE(2)) : short;
    this.#left = this.#length;
    this.#payload = this.isCounting ? null : Buffer.allocUnsafe(this.#length);
    if (this.#length === 0) this.#end();
  }

  #end(): void {
    const opcode = (this.#header[0] as number) & 15;
    if (opcode === TEXT) this.#events.onText(this.#length, this.#payload?.toString() ?? null);
    else if (opcode === CLOSE) this.#events.onClose();
    this.#payload = null;
  }
}
