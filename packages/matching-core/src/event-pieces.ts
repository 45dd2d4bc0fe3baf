/** Cuts rows of events into pieces for publishing, without reading the events. event-layout.ts describes the rows. */

import { COMMAND, COMMAND_WORDS, type EventRows, rowBytes, TRADE, viewOf, WORD_BYTES } from "./event-layout.js";
import { type CommandSequence, commandSequence, type EventSequence, eventSequence } from "./units.js";

/** Rows as they are published together, with how far they go. */
export interface PublishedRows extends EventRows {
  /** The last event up to the end of these rows, in them or before. */
  readonly throughEvent: EventSequence;
  /** The last command with all of its events in these rows or before. */
  readonly throughCommand: CommandSequence;
}

/**
 * Cuts the rows up to these sequences into pieces of at most `bytesMax`, for publishing. If the commands had no events, there
 * is one piece without rows, which says how far they go.
 */
export function piecesOf(
  rows: EventRows,
  bytesMax: number,
  throughEvent: EventSequence,
  throughCommand: CommandSequence,
): PublishedRows[] {
  const pieces = rows.rows.length === 0 ? [rows] : cutRows(rows, bytesMax);
  return pieces.map((piece, index) => {
    const next = pieces[index + 1];
    if (next === undefined) return { ...piece, throughEvent, throughCommand };
    // The next piece may begin with further events of the same command; only commands before it are complete.
    const [nextEvent, nextCommand] = [next.firstEventSequence, viewOf(next.rows).getFloat64(WORD_BYTES, true)];
    return { ...piece, throughEvent: eventSequence(nextEvent - 1), throughCommand: commandSequence(nextCommand - 1) };
  });
}

/** Whether the last command of these rows has further events in the next piece. */
export function endsWithinCommand({ rows, throughCommand }: PublishedRows): boolean {
  const view = viewOf(rows);
  let last: number = throughCommand;
  for (let at = 0; at < rows.length; at += rowBytes(view, at))
    if (rows[at] === COMMAND) last = view.getFloat64(at + WORD_BYTES, true);
  return last > throughCommand;
}

/**
 * Cuts rows into pieces of at most `bytesMax`, between events. A piece that starts within a command begins with a copy of that
 * command's row, so that each piece can be read on its own. A row is never longer than 512 bytes.
 */
export function cutRows(whole: EventRows, bytesMax: number): EventRows[] {
  const { rows } = whole;
  if (rows.length <= bytesMax) return rows.length === 0 ? [] : [whole];
  const view = viewOf(rows);
  const pieces: EventRows[] = [];
  let { firstEventSequence, firstTradeId } = whole;
  let [start, events, trades, commandAt] = [0, 0, 0, 0];
  let repeatedCommand = rows.subarray(0, 0);
  const cut = (end: number) => {
    const piece = new Uint8Array(repeatedCommand.length + end - start);
    piece.set(repeatedCommand);
    piece.set(rows.subarray(start, end), repeatedCommand.length);
    pieces.push({ firstEventSequence, firstTradeId, rows: piece });
    firstEventSequence += events;
    firstTradeId += trades;
    [start, events, trades] = [end, 0, 0];
  };
  for (let at = 0, bytes = 0; at < rows.length; at += bytes) {
    bytes = rowBytes(view, at);
    const isCommand = view.getUint8(at) === COMMAND;
    // A command's row stays with its first event.
    const needed = isCommand ? bytes + rowBytes(view, at + bytes) : bytes;
    if (repeatedCommand.length + at - start + needed > bytesMax) {
      cut(at);
      const command = rows.subarray(commandAt, commandAt + COMMAND_WORDS * WORD_BYTES);
      repeatedCommand = isCommand ? rows.subarray(0, 0) : command;
    }
    if (isCommand) commandAt = at;
    else events++;
    if (view.getUint8(at) === TRADE) trades++;
  }
  cut(rows.length);
  return pieces;
}
