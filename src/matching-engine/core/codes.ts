/** The enumerations of the messages as the numbers that rows and events hold. */
import { REASONS, type Reason } from "../../shared/domain/messages.js";
import {
  ASSET_STATES,
  ORDER_TYPES,
  SELF_TRADE_PREVENTIONS,
  SIDES,
  TIMES_IN_FORCE,
} from "../../shared/domain/order-terms.js";

export const BUY = SIDES.indexOf("buy");
export const SELL = SIDES.indexOf("sell");

export const LIMIT = ORDER_TYPES.indexOf("limit");
export const MARKET = ORDER_TYPES.indexOf("market");
export const STOP_LIMIT = ORDER_TYPES.indexOf("stop_limit");
export const STOP_MARKET = ORDER_TYPES.indexOf("stop_market");

export const GTC = TIMES_IN_FORCE.indexOf("GTC");
export const FOK = TIMES_IN_FORCE.indexOf("FOK");
export const GTD = TIMES_IN_FORCE.indexOf("GTD");

export const MODE_NONE = SELF_TRADE_PREVENTIONS.indexOf("none");
export const CANCEL_NEWEST = SELF_TRADE_PREVENTIONS.indexOf("cancel_newest");
export const CANCEL_OLDEST = SELF_TRADE_PREVENTIONS.indexOf("cancel_oldest");
export const CANCEL_BOTH = SELF_TRADE_PREVENTIONS.indexOf("cancel_both");
export const DECREMENT = SELF_TRADE_PREVENTIONS.indexOf("decrement");

export const OPEN = ASSET_STATES.indexOf("open");
export const CANCEL_ONLY = ASSET_STATES.indexOf("cancel_only");
export const HALTED = ASSET_STATES.indexOf("halted");
export const AUCTION = ASSET_STATES.indexOf("auction");

export function reasonCode(reason: Reason): number {
  return REASONS.indexOf(reason);
}

/** What a check says that has nothing against it. */
export const NO_OBJECTION = -1;
