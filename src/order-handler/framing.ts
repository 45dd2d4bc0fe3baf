/**
 * Cuts a connection's bytes into frames or lines, whatever the chunks they come in. The first byte tells the dialect: 0x00
 * begins the length of a binary frame (as in every length below 16 MiB), any other byte is text. Bytes are pushed, messages
 * are taken: a session under back-pressure takes none, and its socket is not read.
 */
export const FRAME_BODY_BYTES_MAX = 4_096;
export const LINE_BYTES_MAX = 1_024;

export type DialectName = "text" | "binary";

/** One whole message of a client. */
export type Message =
  | { readonly kind: "frame"; readonly body: Buffer }
  /** Without its line end; printable ASCII. */
  | { readonly kind: "line"; readonly text: string };

export type Framed =
  | Message
  /** The bytes are no message, so where the next one begins is unknown: the session must close. Each `take` returns it. */
  | { readonly kind: "broken"; readonly text: string };

const LENGTH_BYTES = 4;
const LF = 0x0a;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);

export class Framer {
  /** Null before the first byte. */
  dialect: DialectName | null = null;
  #bytes: Buffer = NOTHING;
  /** Where the bytes begin that are not taken. */
  #start = 0;
  /** Where to go on looking for a line end. */
  #scanned = 0;
  #broken: Framed | null = null;

  push(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.dialect ??= chunk[0] === 0 ? "binary" : "text";
    if (this.#start < this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#start), chunk]);
      this.#scanned -= this.#start;
    } else {
      this.#bytes = chunk;
      this.#scanned = 0;
    }
    this.#start = 0;
  }

  /** Takes the next frame, line or error; null: more bytes are needed. */
  take(): Framed | null {
    if (this.#broken !== null) return this.#broken;
    if (this.#start === this.#bytes.length) return null;
    return this.dialect === "binary" ? this.#takeFrame() : this.#takeLine();
  }

  /** Bytes that were pushed and not taken. */
  get pendingBytes(): number {
    return this.#bytes.length - this.#start;
  }

  #takeFrame(): Framed | null {
    if (this.pendingBytes < LENGTH_BYTES) return null;
    const length = this.#bytes.readUInt32BE(this.#start);
    if (length === 0 || length > FRAME_BODY_BYTES_MAX)
      return this.#break(`frame length ${length} is not in 1 to ${FRAME_BODY_BYTES_MAX}`);
    if (this.pendingBytes < LENGTH_BYTES + length) return null;
    const begin = this.#start + LENGTH_BYTES;
    this.#start = begin + length;
    return { kind: "frame", body: this.#bytes.subarray(begin, this.#start) };
  }

  #takeLine(): Framed | null {
    const bytes = this.#bytes;
    for (let at = this.#scanned; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === LF || (byte === CR && bytes[at + 1] === LF)) {
        const text = bytes.toString("latin1", this.#start, at);
        this.#start = at + (byte === CR ? 2 : 1);
        this.#scanned = this.#start;
        return { kind: "line", text };
      }
      if (byte === CR && at + 1 === bytes.length) {
        // The next byte will tell whether this CR is half a line end.
        this.#scanned = at;
        return null;
      }
      if (byte < 0x20 || byte > 0x7e)
        return this.#break(
          `byte 0x${byte.toString(16).padStart(2, "0")} is not printable ASCII; lines end in LF or CRLF`,
        );
      if (at - this.#start >= LINE_BYTES_MAX) return this.#break(`a line is longer than ${LINE_BYTES_MAX} bytes`);
    }
    this.#scanned = bytes.length;
    return null;
  }

  #break(text: string): Framed {
    this.#bytes = NOTHING;
    this.#start = 0;
    this.#broken = { kind: "broken", text };
    return this.#broken;
  }
}
