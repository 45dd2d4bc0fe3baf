/** Reading, cutting and making rows of events; src/shared/wire/event-layout.ts says what a row looks like. */

import {
  HAS_BUDGET,
  HAS_DISPLAY,
  HAS_EXPIRY,
  HAS_MINIMUM,
  HAS_PRICE,
  HAS_QUANTITY,
  HAS_STOP_PRICE,
  NONE,
} from "./codes.js";
import type { FeeRates, NewOrder, Shortfall } from "./commands.js";
import { ASSET_STATES, ORDER_TYPES, REASONS, SELF_TRADE_PREVENTIONS, SIDES, TIMES_IN_FORCE } from "./enumerations.js";
import { assertNever, CodecError } from "./errors.js";
import {
  COMMAND,
  COMMAND_WORDS,
  HAS_COVER,
  HAS_FIRST_ORDER,
  HAS_OPTIONAL,
  HAS_SHORTFALL,
  ORDER_HAS_FEE_RATES,
  ORDER_HAS_SHORTFALL,
  ROW_KINDS,
  type RowKind,
  TRADE,
} from "./event-layout.js";
import type { EventRows } from "./event-writer.js";
import type { EngineEvent, EventBody } from "./events.js";
import { unpackFeeRates } from "./order-terms.js";
import { type CommandSequence, commandSequence, currencyUnits, type EventSequence, eventSequence } from "./units.js";

const WORD_BYTES = 8;

/** What is published at once: an ExecutionBatch whose events are rows still. */
export interface PublishedRows extends EventRows {
  /** The last event so far, in these rows or before. */
  readonly throughEvent: EventSequence;
  /** The last command all of whose events are out. */
  readonly throughCommand: CommandSequence;
}

/**
 * Everything that the engine has done up to these sequences, in pieces of at most `bytesMax` of rows; where no event came
 * of it, one piece without rows that says so.
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
    // The next piece's first event may be of the same command; all before that command are out.
    const [nextEvent, nextCommand] = [next.firstEventSequence, viewOf(next.rows).getFloat64(WORD_BYTES, true)];
    return { ...piece, throughEvent: eventSequence(nextEvent - 1), throughCommand: commandSequence(nextCommand - 1) };
  });
}

/** The next piece goes on with the events of a command that this one holds the first of. */
export function endsWithinCommand({ rows, throughCommand }: PublishedRows): boolean {
  const view = viewOf(rows);
  let last: number = throughCommand;
  for (let at = 0; at < rows.length; at += rowBytes(view, at))
    if (rows[at] === COMMAND) last = view.getFloat64(at + WORD_BYTES, true);
  return last > throughCommand;
}

/**
 * The rows in pieces of at most `bytesMax`, cut between events. A piece that starts within a command begins with a copy
 * of that command's row, so that each can be read on its own. A row is never longer than 512 bytes.
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

/** The events, as objects. Throws a CodecError for rows that this version can't have written. */
export function readRows({ firstEventSequence, firstTradeId, rows }: EventRows): EngineEvent[] {
  const reader = new RowReader(rows, firstTradeId);
  const events: EngineEvent[] = [];
  let [commandSequence, atUs] = [NONE, NONE];
  let isWithoutEvents = false;
  for (let kind = reader.next(); kind !== null; kind = reader.next()) {
    if (kind === "command") [commandSequence, atUs] = [reader.number(), reader.number()];
    else {
      if (commandSequence === NONE) throw new CodecError("a row stands before the first command's");
      const eventSequence = firstEventSequence + events.length;
      events.push({ eventSequence, commandSequence, atUs, body: bodyOf(kind, reader) } as EngineEvent);
    }
    isWithoutEvents = kind === "command";
    reader.end();
  }
  if (isWithoutEvents) throw new CodecError("the rows end with a command that has no events");
  return events;
}

/** The brands are put on by the caller's cast: the reader has checked that every number is whole and safe. */
function bodyOf(kind: Exclude<RowKind, "command">, row: RowReader): EventBody {
  const number = () => row.number();
  switch (kind) {
    case "accepted": {
      const [orderId, accountId, receivedAtUs, pendingTrigger] = [number(), number(), number(), row.code === 1];
      const order = orderWithoutRates(row);
      order.feeRates = feeRatesOf(row);
      return { kind, orderId, accountId, receivedAtUs, pendingTrigger, order } as EventBody;
    }
    case "rejected": {
      const [orderId, accountId, receivedAtUs, reason] = [number(), number(), number(), row.coded(REASONS, "reason")];
      const order = orderWithoutRates(row);
      const firstOrderId = row.optional(HAS_FIRST_ORDER);
      order.feeRates = feeRatesOf(row);
      const shortfall = (row.enumerations & ORDER_HAS_SHORTFALL) === 0 ? null : shortfallOf(row);
      return { kind, orderId, accountId, receivedAtUs, reason, firstOrderId, shortfall, order } as EventBody;
    }
    case "trade":
      return {
        kind,
        tradeId: row.tradeId,
        makerOrderId: number(),
        takerOrderId: number(),
        makerAccountId: number(),
        takerAccountId: number(),
        takerSide: row.coded(SIDES, "side"),
        priceTicks: number(),
        quantityLots: number(),
        makerLeavesLots: number(),
        takerLeavesLots: row.optional(HAS_OPTIONAL),
      } as EventBody;
    case "canceled": {
      const [orderId, accountId, reason] = [number(), number(), row.coded(REASONS, "reason")];
      const [canceledLots, cover] = [row.optional(HAS_OPTIONAL), row.optional(HAS_COVER)];
      return { kind, orderId, accountId, reason, canceledLots, cover } as EventBody;
    }
    case "expired":
      return { kind, orderId: number(), accountId: number(), canceledLots: number() } as EventBody;
    case "replaced": {
      const [orderId, accountId, quantityLots, priceTicks, leavesLots] = [
        number(),
        number(),
        number(),
        number(),
        number(),
      ];
      const [keptPriority, cover, clientOrderId] = [row.code === 1, row.optional(HAS_COVER), row.text()];
      return {
        kind,
        orderId,
        accountId,
        quantityLots,
        priceTicks,
        leavesLots,
        keptPriority,
        clientOrderId,
        cover,
      } as EventBody;
    }
    case "reduced":
      return { kind, orderId: number(), accountId: number(), byLots: number(), leavesLots: number() } as EventBody;
    case "triggered":
      return { kind, orderId: number(), accountId: number() } as EventBody;
    case "cancel_rejected":
    case "replace_rejected": {
      const [requestLogId, accountId, receivedAtUs] = [number(), number(), number()];
      const [orderId, firstOrderId] = [row.optional(HAS_OPTIONAL), row.optional(HAS_FIRST_ORDER)];
      const [cover, shortfall] = [row.optional(HAS_COVER), row.has(HAS_SHORTFALL) ? shortfallOf(row) : null];
      const [reason, clientOrderId] = [row.coded(REASONS, "reason"), row.text()];
      return {
        kind,
        requestLogId,
        accountId,
        orderId,
        clientOrderId,
        reason,
        firstOrderId,
        shortfall,
        cover,
        receivedAtUs,
      } as EventBody;
    }
    case "state_changed":
      return { kind, state: row.coded(ASSET_STATES, "asset state") };
    default:
      return assertNever(kind);
  }
}

function feeRatesOf(row: RowReader): FeeRates | null {
  return (row.enumerations & ORDER_HAS_FEE_RATES) === 0 ? null : unpackFeeRates(row.number());
}

function shortfallOf(row: RowReader): Shortfall {
  return { neededUnits: currencyUnits(row.number()), availableUnits: currencyUnits(row.number()) };
}

/** The fee rates stand behind the number that a refused order has beside its own: whoever has read that adds them. */
function orderWithoutRates(row: RowReader): { -readonly [Term in keyof NewOrder]: NewOrder[Term] } {
  const enumerations = row.enumerations;
  return {
    kind: "new",
    clientOrderId: row.text(),
    side: listed(SIDES, enumerations & 1, "side"),
    type: listed(ORDER_TYPES, (enumerations >> 1) & 3, "order type"),
    timeInForce: listed(TIMES_IN_FORCE, (enumerations >> 3) & 3, "time in force"),
    quantityLots: row.optional(HAS_QUANTITY),
    priceTicks: row.optional(HAS_PRICE),
    stopPriceTicks: row.optional(HAS_STOP_PRICE),
    displayLots: row.optional(HAS_DISPLAY),
    minimumLots: row.optional(HAS_MINIMUM),
    quoteBudgetUnits: row.optional(HAS_BUDGET),
    expiresAtMs: row.optional(HAS_EXPIRY),
    postOnly: ((enumerations >> 8) & 1) === 1,
    selfTradePrevention: listed(SELF_TRADE_PREVENTIONS, (enumerations >> 5) & 7, "self-trade prevention"),
    feeRates: null,
  } as NewOrder;
}

class RowReader {
  readonly #rows: Uint8Array;
  readonly #view: DataView;
  #row = 0;
  #at = 0;
  #end = 0;
  #has = 0;
  tradeId: number;

  constructor(rows: Uint8Array, firstTradeId: number) {
    this.#rows = rows;
    this.#view = viewOf(rows);
    this.tradeId = firstTradeId - 1;
  }

  /** Goes to the next row; null: there is none. */
  next(): RowKind | null {
    this.#row = this.#end;
    if (this.#row >= this.#rows.length) return null;
    if (this.#row + WORD_BYTES > this.#rows.length) throw new CodecError("the rows are cut off");
    this.#at = this.#row + WORD_BYTES;
    this.#end = this.#row + rowBytes(this.#view, this.#row);
    if (this.#end > this.#rows.length || this.#end < this.#at) throw new CodecError("a row is cut off");
    this.#has = this.#view.getUint8(this.#row + 4);
    const kind = this.#view.getUint8(this.#row);
    if (kind === TRADE) this.tradeId++;
    return listed(ROW_KINDS, kind, "row kind");
  }

  /** Nothing of the row may be left over. */
  end(): void {
    if (this.#at + this.#textBytes() !== this.#end) throw new CodecError("a row has another length than its kind");
  }

  get code(): number {
    return this.#view.getUint8(this.#row + 1);
  }

  get enumerations(): number {
    return this.#view.getUint16(this.#row + 2, true);
  }

  number(): number {
    if (this.#at >= this.#end) throw new CodecError("a row is shorter than its kind");
    const value = this.#view.getFloat64(this.#at, true);
    if (!Number.isSafeInteger(value) || value < 0) throw new CodecError(`a row holds ${value}, not a whole number`);
    this.#at += WORD_BYTES;
    return value;
  }

  has(bit: number): boolean {
    return (this.#has & bit) !== 0;
  }

  optional(bit: number): number | null {
    return (this.#has & bit) === 0 ? null : this.number();
  }

  coded<T>(values: readonly T[], what: string): T {
    return listed(values, this.code, what);
  }

  /** Stands behind the numbers, where the row ends. */
  text(): string | null {
    const length = this.#view.getUint8(this.#row + 5) - 1;
    if (length < 0) return null;
    const start = this.#end - this.#textBytes();
    if (start < this.#at) throw new CodecError("a row is shorter than its text");
    let text = "";
    for (let at = start; at < start + length; at++) text += String.fromCharCode(this.#rows[at] as number);
    return text;
  }

  #textBytes(): number {
    const length = this.#view.getUint8(this.#row + 5) - 1;
    return length < 0 ? 0 : Math.ceil(length / WORD_BYTES) * WORD_BYTES;
  }
}

function listed<T>(values: readonly T[], index: number, what: string): T {
  const value = values[index];
  if (value === undefined) throw new CodecError(`${what} ${index} is not known here`);
  return value;
}

export function rowBytes(view: DataView, at: number): number {
  return view.getUint16(at + 6, true) * WORD_BYTES;
}

function viewOf(rows: Uint8Array): DataView {
  return new DataView(rows.buffer, rows.byteOffset, rows.length);
}
