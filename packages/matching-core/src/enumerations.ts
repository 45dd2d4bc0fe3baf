/**
 * The enumerations of the vocabulary as lists: the members are the type, and a member's place is its code in rows of events
 * and in snapshots. Append only.
 */
export const SIDES = ["buy", "sell"] as const;
export type Side = (typeof SIDES)[number];

export const ORDER_TYPES = ["limit", "market", "stop_limit", "stop_market"] as const;
export type OrderType = (typeof ORDER_TYPES)[number];

/** Good till canceled, immediate or cancel, fill or kill, good till date. */
export const TIMES_IN_FORCE = ["GTC", "IOC", "FOK", "GTD"] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

/** What to do when an order would trade with one of its own account. The incoming order's mode counts. */
export const SELF_TRADE_PREVENTIONS = ["none", "cancel_newest", "cancel_oldest", "cancel_both", "decrement"] as const;
export type SelfTradePrevention = (typeof SELF_TRADE_PREVENTIONS)[number];

export const ASSET_STATES = ["open", "cancel_only", "halted", "auction"] as const;
export type AssetState = (typeof ASSET_STATES)[number];

/** The reasons why something was refused or ended. The place is the wire value between services, too: append only. */
export const REASONS = [
  "requested",
  "unknown_order",
  "duplicate_order_id",
  "duplicate_client_order_id",
  "unknown_client_order_id",
  "unsupported",
  "immediate_or_cancel",
  "fill_or_kill",
  "would_trade",
  "minimum_quantity",
  "self_trade",
  "below_filled",
  "book_full",
  "asset_halted",
  "asset_cancel_only",
  "quote_budget_spent",
  "expired",
  "insufficient_funds",
  "notional_limit",
  "asset_in_auction",
  "no_reference_price",
  "too_many_open_orders",
  "account_suspended",
  "not_covered",
  "too_many_slices",
  "event_budget_spent",
] as const;
export type Reason = (typeof REASONS)[number];

export function reasonCode(reason: Reason): number {
  return REASONS.indexOf(reason);
}
