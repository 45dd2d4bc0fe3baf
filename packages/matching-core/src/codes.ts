/**
 * Numbers that stand for words: the codes of enumerations, and others. They are written out here, not looked up in the lists,
 * and stand in a file without imports: only then the bundle has the number itself wherever one is used (bench/engine.md). A
 * test compares them with the lists.
 */

export const BUY = 0;
export const SELL = 1;

export const LIMIT = 0;
export const MARKET = 1;
export const STOP_LIMIT = 2;
export const STOP_MARKET = 3;

export const GTC = 0;
export const FOK = 2;
export const GTD = 3;

export const MODE_NONE = 0;
export const CANCEL_NEWEST = 1;
export const CANCEL_OLDEST = 2;
export const CANCEL_BOTH = 3;
export const DECREMENT = 4;

export const OPEN = 0;
export const CANCEL_ONLY = 1;
export const HALTED = 2;
export const AUCTION = 3;

/** How matching an incoming order ended: by itself, by self-trade prevention, or because its event budget was spent. */
export const MATCHED = 0;
export const PREVENTED = 1;
export const CUT_OFF = 2;

/** The result of a check without an objection. */
export const NO_OBJECTION = -1;

/** Stands for null; no quantity, price or time can be -1. */
export const NONE = -1;

/** The bits of an order's optional fields that are there. */
export const HAS_QUANTITY = 1;
export const HAS_PRICE = 2;
export const HAS_STOP_PRICE = 4;
export const HAS_DISPLAY = 8;
export const HAS_MINIMUM = 16;
export const HAS_BUDGET = 32;
export const HAS_EXPIRY = 64;
