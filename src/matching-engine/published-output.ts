/**
 * The published events after the point where an engine starts: its replay must give the same rows, byte for byte, before it
 * publishes anything. Messages and replayed batches end at different places, so two sequences of bytes are compared, and
 * not two lists of messages; rows are decoded only to name a difference.
 */
import { isDeepStrictEqual } from "node:util";
import type { InputMessage } from "../shared/bus/reader.js";
import { InvariantBroken } from "../shared/domain/errors.js";
import type { EngineEvent } from "../shared/domain/messages.js";
import {
  COMMAND,
  COMMAND_WORDS,
  type EventRows,
  type PublishedRows,
  readRows,
  rowBytes,
  rowsOf,
} from "../shared/wire/event-rows.js";
import { decodeExecutionRows } from "../shared/wire/pipeline-codec.js";

const COMMAND_BYTES = COMMAND_WORDS * 8;
const NO_ROWS: EventRows = { firstEventSequence: 1, firstTradeId: 1, rows: new Uint8Array(0) };

export class PublishedOutput {
  readonly #messages: AsyncGenerator<InputMessage>;
  /** The first message, requested before the replay needs it: it takes some round trips. */
  #first: Promise<IteratorResult<InputMessage>> | null;
  readonly #last: PublishedRows;
  /** The message that the replay is in; null: the next one is not read yet; undefined: all have been compared. */
  #piece: PublishedRows | null | undefined = null;
  /** Bytes of its rows that are compared. */
  #at = 0;
  #isMet = false;

  /** `messages` are those of EXECUTIONS after the engine's state, up to and with `last`. */
  constructor(messages: AsyncGenerator<InputMessage>, last: InputMessage) {
    this.#messages = messages;
    this.#last = decodeExecutionRows(last.data);
    this.#first = messages.next();
    this.#first.catch(() => undefined); // whoever awaits it handles the error
  }

  /** The last command whose events are all published. */
  get throughCommand(): number {
    return this.#last.throughCommand;
  }

  /** Whether the replay has given all published events. */
  get isMet(): boolean {
    return this.#isMet;
  }

  /**
   * Compares the rows that the replay gave for commands up to `throughCommand`; returns those that are not published yet.
   * Throws InvariantBroken at the first difference, DeadlineExceeded if the stream can't be read.
   */
  async meet(rows: EventRows, throughCommand: number): Promise<EventRows> {
    let at = 0;
    while (this.#piece !== undefined) {
      this.#piece ??= await this.#nextPiece();
      if (this.#piece === undefined) break;
      at += this.#compare(this.#piece, rows, at);
      if (this.#at < this.#piece.rows.length) {
        if (isOfCommandUpTo(throughCommand, this.#piece.rows, this.#at)) throw difference(rows, this.#piece);
        return NO_ROWS;
      }
      this.#piece = null;
      this.#at = 0;
    }
    this.#isMet = throughCommand >= this.#last.throughCommand;
    return at === rows.rows.length ? NO_ROWS : this.#unpublished(rows);
  }

  /** Ends reading. A message that was requested may still come; nothing waits for it. */
  close(): void {
    void this.#messages.return(undefined).catch(() => undefined);
  }

  async #nextPiece(): Promise<PublishedRows | undefined> {
    const next = this.#first ?? this.#messages.next();
    this.#first = null;
    const { value, done } = await next;
    return done === true ? undefined : decodeExecutionRows(value.data);
  }

  /** Compares up to the end of the piece or of the replayed rows; returns how many bytes of the latter were compared. */
  #compare(piece: PublishedRows, replayed: EventRows, from: number): number {
    const { rows } = replayed;
    if (from === rows.length || piece.rows.length === 0) return 0;
    if (this.#at === 0) {
      // A piece that starts within a command begins with a copy of its row.
      const copied = rows[from] === COMMAND ? rows.subarray(0, 0) : commandRowBefore(rows, from);
      const isAlike = from > 0 || isNumberedAlike(piece, replayed);
      if (!isAlike || !startsWith(piece.rows, copied)) throw difference(replayed, piece);
      this.#at = copied.length;
    }
    const length = Math.min(rows.length - from, piece.rows.length - this.#at);
    if (Buffer.compare(rows.subarray(from, from + length), piece.rows.subarray(this.#at, this.#at + length)) !== 0)
      throw difference(replayed, piece);
    this.#at += length;
    return length;
  }

  #unpublished(replayed: EventRows): EventRows {
    const { throughEvent, throughCommand } = this.#last;
    const events = readRows(replayed);
    const rest = events.filter(({ eventSequence }) => eventSequence > throughEvent);
    const extra = rest.find(({ commandSequence }) => commandSequence <= throughCommand);
    if (extra !== undefined) throw new InvariantBroken(`the replay gave ${textOf(extra)}, which was not published`);
    // Rows without a trade name the next trade id, too, which the next comparison checks.
    const published = events.filter(
      ({ eventSequence, body }) => eventSequence <= throughEvent && body.kind === "trade",
    );
    return { ...rowsOf(rest), firstTradeId: replayed.firstTradeId + published.length };
  }
}

function isNumberedAlike(piece: EventRows, replayed: EventRows): boolean {
  return piece.firstEventSequence === replayed.firstEventSequence && piece.firstTradeId === replayed.firstTradeId;
}

function startsWith(rows: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(rows.subarray(0, start.length), start) === 0;
}

function commandRowBefore(rows: Uint8Array, end: number): Uint8Array {
  const view = new DataView(rows.buffer, rows.byteOffset);
  let commandAt = 0;
  for (let at = 0; at < end; at += rowBytes(view, at)) if (rows[at] === COMMAND) commandAt = at;
  return rows.subarray(commandAt, commandAt + COMMAND_BYTES);
}

/** Whether the row at `at` belongs to a command that the replay has passed (it ends between two commands). */
function isOfCommandUpTo(throughCommand: number, rows: Uint8Array, at: number): boolean {
  const view = new DataView(rows.buffer, rows.byteOffset + at);
  return rows[at] !== COMMAND || view.getFloat64(8, true) <= throughCommand;
}

function difference(replayed: EventRows, published: PublishedRows): InvariantBroken {
  const again = new Map(readRows(replayed).map((event) => [event.eventSequence, event]));
  const last = replayed.firstEventSequence + again.size - 1;
  for (const event of readRows(published)) {
    const other = again.get(event.eventSequence);
    if (other === undefined && event.eventSequence < replayed.firstEventSequence) continue;
    if (other === undefined) return new InvariantBroken(`the replay ended at event ${last} without ${textOf(event)}`);
    if (!isDeepStrictEqual(event, other))
      return new InvariantBroken(`the replay gave ${textOf(other)}, but published was ${textOf(event)}`);
  }
  return new InvariantBroken(`the replay gave other rows than were published before event ${last}`);
}

function textOf({ eventSequence, commandSequence, body }: EngineEvent): string {
  return `event ${eventSequence} of command ${commandSequence}: ${JSON.stringify(body)}`;
}
