/** Writes events as rows (event-layout.ts describes them), as the engine makes them. */

import { writeAscii } from "./ascii.js";
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
import type { Shortfall } from "./commands.js";
import {
  ACCEPTED,
  CANCELED,
  COMMAND,
  COMMAND_WORDS,
  type EventRows,
  EXPIRED,
  HAS_COVER,
  HAS_FIRST_ORDER,
  HAS_OPTIONAL,
  HAS_SHORTFALL,
  ORDER_HAS_FEE_RATES,
  ORDER_HAS_SHORTFALL,
  REDUCED,
  REJECTED,
  REPLACED,
  ROW_WORDS_MAX,
  STATE_CHANGED,
  TEXT_BYTES_MAX,
  TRADE,
  TRADE_TAKER_LEAVES,
  TRIGGERED,
} from "./event-layout.js";
import type { OrderTerms } from "./order-terms.js";

const FIRST_WORDS = 2_048;

/** The request that events come from. A new order's log id is its order id. */
export interface RequestOrigin {
  readonly logId: number;
  readonly accountId: number;
  readonly receivedAtUs: number;
  /** The cover of a replace; NONE: nothing is held for it. */
  readonly cover: number;
}

/**
 * Writes rows into a buffer that grows, and that is used again once they are taken. Numbers are not checked: the engine makes
 * sure that they are whole and not negative. An optional number that is not there is NONE.
 */
export class EventWriter {
  floats = new Float64Array(FIRST_WORDS);
  #ints = new Int32Array(this.floats.buffer);
  /** Where the next row goes, and where the current command's row is, in words. */
  #end = 0;
  #commandAt = NONE;
  #firstEventSequence: number;
  #firstTradeId: number;
  // NaN makes V8 keep these as doubles from the start.
  lastEventSequence = Number.NaN;
  lastTradeId = Number.NaN;

  constructor(lastEventSequence: number, lastTradeId: number) {
    this.lastEventSequence = lastEventSequence;
    this.lastTradeId = lastTradeId;
    this.#firstEventSequence = lastEventSequence + 1;
    this.#firstTradeId = lastTradeId + 1;
  }

  get byteLength(): number {
    return this.#written() * 8;
  }

  command(commandSequence: number, atUs: number): void {
    const at = this.#written();
    if (at + ROW_WORDS_MAX > this.floats.length) this.#grow();
    this.#commandAt = at;
    this.#end = at + COMMAND_WORDS;
    const floats = this.floats;
    this.#ints[2 * at] = COMMAND;
    this.#ints[2 * at + 1] = COMMAND_WORDS << 16;
    floats[at + 1] = commandSequence;
    floats[at + 2] = atUs;
  }

  accepted(from: RequestOrigin, pendingTrigger: number, terms: OrderTerms): void {
    this.#order(ACCEPTED | (pendingTrigger << 8), from, terms, NONE, null);
  }

  rejected(
    from: RequestOrigin,
    reason: number,
    firstOrderId: number,
    shortfall: Shortfall | null,
    terms: OrderTerms,
  ): void {
    this.#order(REJECTED | (reason << 8), from, terms, firstOrderId, shortfall);
  }

  /**
   * Begins a trade's row and returns its place. The caller writes its numbers to `floats`, at that place + TRADE_…: nine
   * arguments would cost more than the trade. Taker's leaves that are NONE may be written, too: the next row overwrites them.
   */
  trade(takerSide: number, takerLeavesLots: number): number {
    this.lastTradeId++;
    return takerLeavesLots === NONE
      ? this.#row(TRADE | (takerSide << 8), 0, TRADE_TAKER_LEAVES)
      : this.#row(TRADE | (takerSide << 8), HAS_OPTIONAL, TRADE_TAKER_LEAVES + 1);
  }

  canceled(orderId: number, accountId: number, reason: number, canceledLots: number): void {
    const isKnown = canceledLots === NONE ? 0 : 1;
    const at = this.#row(CANCELED | (reason << 8), isKnown, 3 + isKnown);
    this.floats[at + 1] = orderId;
    this.floats[at + 2] = accountId;
    this.floats[at + 3] = canceledLots;
  }

  /** An order is canceled because it is replaced to a quantity that is filled already. */
  canceledByReplace(from: RequestOrigin, orderId: number, reason: number, canceledLots: number): void {
    const row = this.#end;
    this.canceled(orderId, from.accountId, reason, canceledLots);
    if (from.cover !== NONE) this.#append(row, HAS_COVER, from.cover);
  }

  expired(orderId: number, accountId: number, canceledLots: number): void {
    const at = this.#row(EXPIRED, 0, 4);
    this.floats[at + 1] = orderId;
    this.floats[at + 2] = accountId;
    this.floats[at + 3] = canceledLots;
  }

  replaced(
    from: RequestOrigin,
    orderId: number,
    quantityLots: number,
    priceTicks: number,
    leavesLots: number,
    keptPriority: number,
    clientOrderId: string | null,
  ): void {
    const at = this.#row(REPLACED | (keptPriority << 8), 0, 6);
    const floats = this.floats;
    floats[at + 1] = orderId;
    floats[at + 2] = from.accountId;
    floats[at + 3] = quantityLots;
    floats[at + 4] = priceTicks;
    floats[at + 5] = leavesLots;
    if (from.cover !== NONE) this.#append(at, HAS_COVER, from.cover);
    if (clientOrderId !== null) this.#text(at, clientOrderId);
  }

  reduced(orderId: number, accountId: number, byLots: number, leavesLots: number): void {
    const at = this.#row(REDUCED, 0, 5);
    this.floats[at + 1] = orderId;
    this.floats[at + 2] = accountId;
    this.floats[at + 3] = byLots;
    this.floats[at + 4] = leavesLots;
  }

  triggered(orderId: number, accountId: number): void {
    const at = this.#row(TRIGGERED, 0, 3);
    this.floats[at + 1] = orderId;
    this.floats[at + 2] = accountId;
  }

  requestRejected(
    kind: number,
    from: RequestOrigin,
    orderId: number,
    reason: number,
    firstOrderId: number,
    shortfall: Shortfall | null,
    clientOrderId: string | null,
  ): void {
    const row = this.#row(kind | (reason << 8), 0, 4);
    const floats = this.floats;
    floats[row + 1] = from.logId;
    floats[row + 2] = from.accountId;
    floats[row + 3] = from.receivedAtUs;
    if (orderId !== NONE) this.#append(row, HAS_OPTIONAL, orderId);
    if (firstOrderId !== NONE) this.#append(row, HAS_FIRST_ORDER, firstOrderId);
    if (from.cover !== NONE) this.#append(row, HAS_COVER, from.cover);
    if (shortfall !== null) {
      this.#append(row, HAS_SHORTFALL, shortfall.neededUnits);
      this.#append(row, HAS_SHORTFALL, shortfall.availableUnits);
    }
    if (clientOrderId !== null) this.#text(row, clientOrderId);
  }

  stateChanged(state: number): void {
    this.#row(STATE_CHANGED | (state << 8), 0, 1);
  }

  /** Takes the rows written since the last `take` or `drop`. The bytes are the writer's own, and change with its next row. */
  take(): EventRows {
    const rows = new Uint8Array(this.floats.buffer, 0, this.byteLength);
    const taken = { firstEventSequence: this.#firstEventSequence, firstTradeId: this.#firstTradeId, rows };
    this.drop();
    return taken;
  }

  /** Drops the rows written since the last `take` or `drop`; the sequences go on. */
  drop(): void {
    this.#end = 0;
    this.#commandAt = NONE;
    this.#firstEventSequence = this.lastEventSequence + 1;
    this.#firstTradeId = this.lastTradeId + 1;
  }

  #order(
    head: number,
    from: RequestOrigin,
    terms: OrderTerms,
    firstOrderId: number,
    shortfall: Shortfall | null,
  ): void {
    let enumerations =
      terms.side |
      (terms.type << 1) |
      (terms.timeInForce << 3) |
      (terms.selfTradePrevention << 5) |
      (terms.postOnly << 8);
    if (terms.feeRates !== NONE) enumerations |= ORDER_HAS_FEE_RATES;
    if (shortfall !== null) enumerations |= ORDER_HAS_SHORTFALL;
    let has = terms.has;
    const row = this.#row(head | (enumerations << 16), 0, 4);
    const floats = this.floats;
    floats[row + 1] = from.logId;
    floats[row + 2] = from.accountId;
    floats[row + 3] = from.receivedAtUs;
    let at = row + 4;
    if ((has & HAS_QUANTITY) !== 0) floats[at++] = terms.quantityLots;
    if ((has & HAS_PRICE) !== 0) floats[at++] = terms.priceTicks;
    if ((has & ~(HAS_QUANTITY | HAS_PRICE)) !== 0) {
      if ((has & HAS_STOP_PRICE) !== 0) floats[at++] = terms.stopPriceTicks;
      if ((has & HAS_DISPLAY) !== 0) floats[at++] = terms.displayLots;
      if ((has & HAS_MINIMUM) !== 0) floats[at++] = terms.minimumLots;
      if ((has & HAS_BUDGET) !== 0) floats[at++] = terms.quoteBudgetUnits;
      if ((has & HAS_EXPIRY) !== 0) floats[at++] = terms.expiresAtMs;
    }
    if (firstOrderId !== NONE) {
      floats[at++] = firstOrderId;
      has |= HAS_FIRST_ORDER;
    }
    if (terms.feeRates !== NONE) floats[at++] = terms.feeRates;
    if (shortfall !== null) {
      floats[at++] = shortfall.neededUnits;
      floats[at++] = shortfall.availableUnits;
    }
    this.#ints[2 * row + 1] = has | ((at - row) << 16);
    this.#end = at;
    if (terms.clientOrderId !== null) this.#text(row, terms.clientOrderId);
  }

  /** Begins the row of an event: reserves its place and writes its first word. */
  #row(head: number, has: number, words: number): number {
    const at = this.#end;
    if (at + ROW_WORDS_MAX > this.floats.length) this.#grow();
    this.#ints[2 * at] = head;
    this.#ints[2 * at + 1] = has | (words << 16);
    this.#end = at + words;
    this.lastEventSequence++;
    return at;
  }

  /** Adds an optional number to the last row, at its end. */
  #append(row: number, has: number, value: number): void {
    this.floats[this.#end++] = value;
    this.#ints[2 * row + 1] = ((this.#ints[2 * row + 1] as number) & 0xffff) | has | ((this.#end - row) << 16);
  }

  /** Adds the text to the last row, at its end. */
  #text(row: number, text: string): void {
    const bytes = new Uint8Array(this.floats.buffer, this.#end * 8, TEXT_BYTES_MAX + 2);
    const length = writeAscii(text, bytes);
    const words = (length + 7) >> 3;
    bytes.fill(0, length, words * 8);
    this.#end += words;
    this.#ints[2 * row + 1] =
      ((this.#ints[2 * row + 1] as number) & 0xff) | ((length + 1) << 8) | ((this.#end - row) << 16);
  }

  /** The end of the rows, without the row of a last command that has no events: the next command's takes its place. */
  #written(): number {
    return this.#end === this.#commandAt + COMMAND_WORDS && this.#commandAt !== NONE ? this.#commandAt : this.#end;
  }

  #grow(): void {
    const grown = new Float64Array(this.floats.length * 2);
    // Copied as bytes: a copy of floats may change bits that are not a number's.
    new Uint8Array(grown.buffer).set(new Uint8Array(this.floats.buffer));
    this.floats = grown;
    this.#ints = new Int32Array(grown.buffer);
  }
}
