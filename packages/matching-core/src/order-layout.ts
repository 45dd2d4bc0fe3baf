/**
 * The layout of open orders as rows of numbers: 64 bytes an order, one cache line, no object. A row's number is its slot; slot
 * 0 is no order, so 0 ends every list. Two views lie on the same bytes:
 *
 *   floats[slot * 8 + …]    ORDER_ID · LEAVES · FILLED
 *   ints[slot * 16 + …]     NEXT · PREVIOUS in the queue of its price · LEVEL: its price (price-ladder.ts) · OWNER ·
 *                           OWNER_NEXT · OWNER_PREVIOUS in its owner's list (owners.ts) · ID_NEXT in its bucket of ids ·
 *                           TERMS: bits below · ICEBERG: its row there, or 0 · EXPIRY: its place in the heap, or 0
 *
 * A waiting stop has its limit price in FILLED, which it does not need, and its minimum quantity in its iceberg row.
 */
export const ROW_FLOATS = 8;
export const ROW_INTS = 16;

export const ORDER_ID = 0;
export const LEAVES = 1;
export const FILLED = 2;
export const STOP_LIMIT_PRICE = 2;

export const NEXT = 6;
export const PREVIOUS = 7;
export const LEVEL = 8;
export const OWNER = 9;
export const OWNER_NEXT = 10;
export const OWNER_PREVIOUS = 11;
export const ID_NEXT = 12;
export const TERMS = 13;
export const ICEBERG = 14;
export const EXPIRY = 15;

/** TERMS: bits 0–2 self-trade prevention, 3–4 time in force (codes of enumerations.ts), and these. */
export const TERMS_POST_ONLY = 1 << 5;
export const TERMS_WAITING = 1 << 6;
/** Of a market order: its limit is only a protective price, and it never rests. */
export const TERMS_MARKET = 1 << 7;

/** The rows of icebergs and waiting stops beside their orders' rows: two numbers. Row 0 is none; free rows are linked. */
export const ICEBERG_FLOATS = 2;
/** The slice to show; NONE for a stop without one. */
export const DISPLAY = 0;
/** The rest of the current slice. */
export const SHOWN = 1;
/** In place of SHOWN, for a waiting stop: the least that it must trade when it comes in, or NONE. */
export const MINIMUM = 1;

/** Sizes of a price ladder (price-ladder.ts): a block holds adjacent prices. */
export const BLOCK_PRICES = 16;
export const BLOCK_SHIFT = 4;
export const FIRST_BLOCKS = 16;
/** Blocks of a price ladder that are found without a search. */
export const HINTS = 512;
