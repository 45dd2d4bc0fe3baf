/**
 * Numbers that stand for something: members of the enumerations by their codes, and others. They are written out, not looked
 * up in the lists, and stand in a file without imports: only then the bundle holds the number itself wherever one is used
 * (bench/engine.md). A test compares them with the lists.
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

/** How the way of an incoming order through the other side ended: of itself, by self-trade prevention, by its event budget. */
export const MATCHED = 0;
export const PREVENTED = 1;
export const CUT_OFF = 2;

/** What a check says that has nothing against it. */
export const NO_OBJECTION = -1;

/** Stands for null, which no quantity, price or time can be. */
export const NONE = -1;

/** Which of an order's optional fields there are. */
export const HAS_QUANTITY = 1;
export const HAS_PRICE = 2;
export const HAS_STOP_PRICE = 4;
export const HAS_DISPLAY = 8;
export const HAS_MINIMUM = 16;
export const HAS_BUDGET = 32;
export const HAS_EXPIRY = 64;
