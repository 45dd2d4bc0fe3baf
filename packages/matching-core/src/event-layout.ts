/**
 * The layout of events as rows of bytes, the form in which they are made, published and read. A row is a whole number of words
 * of 8 bytes, little-endian:
 *
 *   word 0   byte 0 kind · byte 1 code (a reason, a state, a side, a flag) · bytes 2–3 an order's enumerations
 *            byte 4 bits of the optional fields · byte 5 length of the text + 1, 0: none · bytes 6–7 words of the row
 *   then     the kind's fields, optional ones last, each a float64 with a whole number; then the text, padded
 *
 * A `command` row stands before the events of each command that has any. Event sequences and trade ids are gapless, so only
 * the first ones are kept beside the rows; an event's command sequence and time are those of the command row before it.
 */
export const COMMAND = 0;
export const ACCEPTED = 1;
export const REJECTED = 2;
export const TRADE = 3;
export const CANCELED = 4;
export const EXPIRED = 5;
export const REPLACED = 6;
export const REDUCED = 7;
export const TRIGGERED = 8;
export const CANCEL_REJECTED = 9;
export const REPLACE_REJECTED = 10;
export const STATE_CHANGED = 11;

export const WORD_BYTES = 8;
export const COMMAND_WORDS = 3;
/** The longest row: an order with every field and the longest text. */
export const ROW_WORDS_MAX = 64;
export const TEXT_BYTES_MAX = 254;

/** A further bit of byte 4 beside those of an order's optional fields; fields stand in the order of their bits. */
export const HAS_FIRST_ORDER = 128;
/** The optional field of a trade (the taker's leaves), a cancel (the canceled lots) and a refused request (the order id). */
export const HAS_OPTIONAL = 1;
/** The cover of a replace, in the rows of a replaced or canceled order and of a refused request. */
export const HAS_COVER = 2;
/** The shortfall of a refused request. */
export const HAS_SHORTFALL = 4;
/** Two more optional fields of an order. Byte 4 has no room for them, so their bits are beside the order's enumerations. */
export const ORDER_HAS_FEE_RATES = 1 << 15;
export const ORDER_HAS_SHORTFALL = 1 << 14;

/** The words of a trade's row. */
export const TRADE_MAKER_ORDER = 1;
export const TRADE_TAKER_ORDER = 2;
export const TRADE_MAKER_ACCOUNT = 3;
export const TRADE_TAKER_ACCOUNT = 4;
export const TRADE_PRICE = 5;
export const TRADE_QUANTITY = 6;
export const TRADE_MAKER_LEAVES = 7;
export const TRADE_TAKER_LEAVES = 8;

export const ROW_KINDS = [
  "command",
  "accepted",
  "rejected",
  "trade",
  "canceled",
  "expired",
  "replaced",
  "reduced",
  "triggered",
  "cancel_rejected",
  "replace_rejected",
  "state_changed",
] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** Rows that can be read on their own. */
export interface EventRows {
  readonly firstEventSequence: number;
  readonly firstTradeId: number;
  readonly rows: Uint8Array;
}

/** The length of the row that begins at this byte. */
export function rowBytes(view: DataView, at: number): number {
  return view.getUint16(at + 6, true) * WORD_BYTES;
}

export function viewOf(rows: Uint8Array): DataView {
  return new DataView(rows.buffer, rows.byteOffset, rows.length);
}
