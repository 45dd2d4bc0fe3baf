/**
 * The enumerations of both protocols: lists whose index is the value on the wire. In protobuf 0 means "not said", so a
 * member's value is its place in the domain's list + 1; only self-trade prevention has another order, with "none" the last.
 */
import { CodecError } from "../domain/errors.js";
import {
  ASSET_STATES,
  ORDER_TYPES,
  SELF_TRADE_PREVENTIONS,
  type SelfTradePrevention,
  SIDES,
  type Side,
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

/** The member with this value on the wire. Throws a CodecError for an unknown one: it is refused, never defaulted. */
export function known<T>(values: readonly (T | null)[], wire: number, what: string): T {
  const value = values[wire];
  if (value === undefined || value === null) throw new CodecError(`${what} ${wire} is not known here`);
  return value;
}

export function optionalSide(wire: number | null | undefined): Side | null {
  return wire === null || wire === undefined ? null : known(WIRE_SIDES, wire, "side");
}
