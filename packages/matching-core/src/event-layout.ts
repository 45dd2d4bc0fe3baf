/**
 * The engine's events as rows of bytes: the form in which they are made, published and read again. A row is a whole
 * number of words of 8 bytes, little-endian:
 *
 *   word 0   byte 0 kind · byte 1 code (a reason, a state, a side, a flag) · bytes 2–3 an order's enumerations
 *            byte 4 which optional fields are there · byte 5 length of the text + 1, 0: none · bytes 6–7 words in all
 *   then     the kind's fields, optional ones last, each a float64 that holds a whole number; then the text, padded
 *
 * A `command` row stands before the events of each command that has any. Event sequences and trade ids are gapless, so
 * the first of each and a row's place say them; command sequence and time are those of the command row before.
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

export const COMMAND_WORDS = 3;
/** The longest row: an order with every field and a text of 254 bytes. */
export const ROW_WORDS_MAX = 64;

/** Beside the bits of an order's optional fields in byte 4; the fields stand in the order of their bits. */
export const HAS_FIRST_ORDER = 128;
/** Of a trade (the taker's leaves), a cancel (what was left) and a refused request (the order). */
export const HAS_OPTIONAL = 1;
/** Of a replaced or canceled order and a refused request; of a refused request. */
export const HAS_COVER = 2;
export const HAS_SHORTFALL = 4;
/** Beside an order's enumerations, for which byte 4 has no room. */
export const ORDER_HAS_FEE_RATES = 1 << 15;
export const ORDER_HAS_SHORTFALL = 1 << 14;

/** Where a trade's numbers stand in its row. */
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
