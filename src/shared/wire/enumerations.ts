/**
 * The enumerations as both protocols carry them: protobuf keeps 0 for "not said", so a value is the member's place in its
 * list + 1; only self-trade prevention has another order there, its "none" being the last.
 */
import {
  ASSET_STATES,
  ORDER_TYPES,
  SELF_TRADE_PREVENTIONS,
  type SelfTradePrevention,
  SIDES,
  TIMES_IN_FORCE,
} from "../domain/messages.js";
import type { Liquidity } from "../domain/reports.js";

export const WIRE_SIDES = [null, ...SIDES] as const;
export const WIRE_ORDER_TYPES = [null, ...ORDER_TYPES] as const;
export const WIRE_TIMES_IN_FORCE = [null, ...TIMES_IN_FORCE] as const;
export const WIRE_SELF_TRADE_PREVENTIONS: readonly (SelfTradePrevention | null)[] = [
  null,
  ...SELF_TRADE_PREVENTIONS.filter((mode) => mode !== "none"),
  "none",
];
export const WIRE_ASSET_STATES = [null, ...ASSET_STATES] as const;
export const WIRE_LIQUIDITIES: readonly (Liquidity | null)[] = [null, "maker", "taker"];
