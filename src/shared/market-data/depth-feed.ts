/**
 * Reads DEPTH into the books. It begins at the stream's end and asks the engines for whole books (depth-requests.ts), again and again
 * while one is lacking; and it says every few seconds how far each book is, so that what was lost without a trace is noticed, too.
 */

import type { Bus } from "../bus/bus.js";
import { askForDepth } from "../bus/depth-requests.js";
import type { BusReader, InputMessage } from "../bus/reader.js";
import { assetOf } from "../bus/subjects.js";
import { CodecError } from "../domain/errors.js";
import type { Logger } from "../process/log.js";
import { lookEvery } from "../process/looks.js";
import { decodeDepthBatch } from "../wire/depth-codec.js";
import type { DepthBooks } from "./depth-books.js";

const PENDING_MESSAGES_MAX = 256;
/** Messages folded before a flush at most, so that no turn of the event loop gets long. */
const MESSAGES_PER_FLUSH_MAX = 32;
const ASK_EVERY_MS = 500;
/** How many times as rarely it says how far books are that lack nothing. */
const SAY_EVERY = 10;

export class DepthFeed {
  readonly #bus: Bus;
  readonly #books: DepthBooks;
  readonly #log: Logger;
  #reader: BusReader | null = null;
  #stopAsking: () => void = () => undefined;
  #rounds = 0;

  constructor(bus: Bus, books: DepthBooks, log: Logger) {
    this.#bus = bus;
    this.#books = books;
    this.#log = log;
  }

  async start(onAvailable: () => void): Promise<void> {
    const { last } = await this.#bus.streamBounds("DEPTH");
    const pendingMessagesMax = PENDING_MESSAGES_MAX;
    const from = { stream: "DEPTH", subject: "depth.>", afterSequence: last } as const;
    this.#reader = this.#bus.read({ ...from, pendingMessagesMax, onAvailable });
    this.#stopAsking = lookEvery(ASK_EVERY_MS, () => this.#ask());
    this.#ask();
  }

  async stop(): Promise<void> {
    this.#stopAsking();
    await this.#reader?.close();
  }

  /** Folds what has come; true: there is more. */
  take(): boolean {
    for (const message of this.#reader?.take(MESSAGES_PER_FLUSH_MAX) ?? []) this.#fold(message);
    return (this.#reader?.pendingMessages ?? 0) > 0;
  }

  /** The connection came back: with it DEPTH, which lives in memory, may be another one. */
  reconnected(): void {
    this.#rounds = 0;
    this.#ask();
  }

  /** Folds a message. One that can't be decoded leaves a hole, which the next one shows. */
  #fold({ subject, streamSequence, storedAtUs, data }: InputMessage): void {
    try {
      this.#books.fold(assetOf(subject), decodeDepthBatch(data), storedAtUs);
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      this.#log.error({ err, subject, streamSequence }, "a message of depth can't be read");
    }
  }

  #ask(): void {
    const isRoundOfAll = this.#rounds++ % SAY_EVERY === 0;
    for (const [asset, { isWanting, sequence }] of this.#books.entries)
      if (isWanting || isRoundOfAll) askForDepth(this.#bus, asset, isWanting ? null : sequence);
  }
}
