/**
 * A new order in plain numbers, for code that may not allocate: the matching engine fills one of these again and again.
 * Enumerations are indexes into the lists below (append only: they are written into rows and snapshots), and NONE
 * stands for null, which no quantity, price or time can be.
 */
import type { AssetState, NewOrder, OrderType, SelfTradePrevention, Side, TimeInForce } from "./messages.js";

export const NONE = -1;

export const SIDES: readonly Side[] = ["buy", "sell"];
export const ORDER_TYPES: readonly OrderType[] = ["limit", "market", "stop_limit", "stop_market"];
export const TIMES_IN_FORCE: readonly TimeInForce[] = ["GTC", "IOC", "FOK", "GTD"];
export const SELF_TRADE_PREVENTIONS: readonly SelfTradePrevention[] = [
  "none",
  "cancel_newest",
  "cancel_oldest",
  "cancel_both",
  "decrement",
];
export const ASSET_STATES: readonly AssetState[] = ["open", "cancel_only", "halted", "auction"];

export class OrderTerms {
  /** Indexes into the lists above. */
  side = 0;
  type = 0;
  timeInForce = 0;
  selfTradePrevention = 0;
  /** 0 or 1. */
  postOnly = 0;
  quantityLots = NONE;
  priceTicks = NONE;
  stopPriceTicks = NONE;
  displayLots = NONE;
  minimumLots = NONE;
  quoteBudgetUnits = NONE;
  expiresAtMs = NONE;
  clientOrderId: string | null = null;

  read(order: NewOrder): this {
    this.side = SIDES.indexOf(order.side);
    this.type = ORDER_TYPES.indexOf(order.type);
    this.timeInForce = TIMES_IN_FORCE.indexOf(order.timeInForce);
    this.selfTradePrevention = SELF_TRADE_PREVENTIONS.indexOf(order.selfTradePrevention);
    this.postOnly = order.postOnly ? 1 : 0;
    this.quantityLots = order.quantityLots ?? NONE;
    this.priceTicks = order.priceTicks ?? NONE;
    this.stopPriceTicks = order.stopPriceTicks ?? NONE;
    this.displayLots = order.displayLots ?? NONE;
    this.minimumLots = order.minimumLots ?? NONE;
    this.quoteBudgetUnits = order.quoteBudgetUnits ?? NONE;
    this.expiresAtMs = order.expiresAtMs ?? NONE;
    this.clientOrderId = order.clientOrderId;
    return this;
  }
}
