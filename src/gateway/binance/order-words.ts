/** The words of orders: theirs, and ours. Pure. */
import type { OrderType, SelfTradePrevention } from "../../shared/domain/messages.js";
import type { OrderStatus, ReportedTerms } from "../../shared/domain/reports.js";

/** When an order would trade with one of its own account: theirs → ours. */
export const STP_MODES = {
  NONE: "none",
  EXPIRE_TAKER: "cancel_newest",
  EXPIRE_MAKER: "cancel_oldest",
  EXPIRE_BOTH: "cancel_both",
  DECREMENT: "decrement",
} as const satisfies Record<string, SelfTradePrevention>;
export type StpMode = keyof typeof STP_MODES;

const OF_MODE = Object.fromEntries(Object.entries(STP_MODES).map(([theirs, ours]) => [ours, theirs]));

export function stpModeOf(mode: SelfTradePrevention): string {
  return OF_MODE[mode] as string;
}

export function typeOf(type: OrderType, { postOnly }: Pick<ReportedTerms, "postOnly">): string {
  if (type === "limit") return postOnly ? "LIMIT_MAKER" : "LIMIT";
  return { market: "MARKET", stop_limit: "STOP_LOSS_LIMIT", stop_market: "STOP_LOSS" }[type];
}

/**
 * The status of an order. To Binance an order is canceled by somebody; what the market ends has expired. `reason` is that of
 * its last report.
 */
export function statusOf(status: OrderStatus, reason: string | null): string {
  switch (status) {
    case "open":
    case "pending_trigger":
      return "NEW";
    case "partially_filled":
      return "PARTIALLY_FILLED";
    case "filled":
      return "FILLED";
    case "rejected":
      return "REJECTED";
    case "expired":
      return "EXPIRED";
    case "canceled":
      return reason === "self_trade" ? "EXPIRED_IN_MATCH" : isEndedByOwner(reason) ? "CANCELED" : "EXPIRED";
  }
}

function isEndedByOwner(reason: string | null): boolean {
  return reason === null || reason === "requested" || reason === "below_filled";
}
