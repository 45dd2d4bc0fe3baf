/** What a nats-server sends, message by message, so that some of it can be lost or come more than once. */
import { Transform, type TransformCallback } from "node:stream";

/** How often a message reaches its client: 0, 1 or more times. */
export type Copies = (message: {
  readonly subject: string;
  readonly reply: string;
  readonly payload: Buffer;
}) => number;

const LINE_END = Buffer.from("\r\n");

export class NatsAnswers extends Transform {
  readonly #copies: Copies;
  #rest: Buffer = Buffer.alloc(0);

  constructor(copies: Copies) {
    super();
    this.#copies = copies;
  }

  override _transform(bytes: Buffer, _encoding: string, done: TransformCallback): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let size = this.#passFirst(); size > 0; size = this.#passFirst()) this.#rest = this.#rest.subarray(size);
    done();
  }

  /** Passes the first whole protocol message; returns its size, 0 while it is not all there. */
  #passFirst(): number {
    const lineEnd = this.#rest.indexOf(LINE_END);
    if (lineEnd < 0) return 0;
    const words = this.#rest.toString("latin1", 0, lineEnd).split(" ");
    const isMessage = words[0] === "MSG" || words[0] === "HMSG";
    const payloadAt = lineEnd + 2;
    const size = isMessage ? payloadAt + Number(words.at(-1)) + 2 : payloadAt;
    if (this.#rest.length < size) return 0;
    const message = this.#rest.subarray(0, size);
    // MSG <subject> <sid> [reply] <size>, HMSG <subject> <sid> [reply] <header size> <size>
    const hasReply = words.length > (words[0] === "MSG" ? 4 : 5);
    const reply = hasReply ? (words[3] ?? "") : "";
    const payload = message.subarray(payloadAt, -2);
    const copies = isMessage ? this.#copies({ subject: words[1] ?? "", reply, payload }) : 1;
    for (let copy = 0; copy < copies; copy++) this.push(message);
    return size;
  }
}
