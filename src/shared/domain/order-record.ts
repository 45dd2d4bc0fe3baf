/** An order as settlement keeps it and as its owner sees it; reports are made of it. */
import type { FeeRates, NewOrder, OrderType, Side, TimeInForce } from "./messages.js";
import type { OrderStatus, ReportedTerms } from "./reports.js";
import { type AccountId, type EpochUs, type Lots, lots, type OrderId, type PriceTicks } from "./units.js";

/** An order. While it lives, leaves = quantity - filled; once it is done, leaves is 0. */
export interface OrderRecord {
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  clientOrderId: string | null;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  priceTicks: PriceTicks | null;
  terms: ReportedTerms;
  /** Null for a market buy by quote budget, whose leaves are null, too, while it lives. */
  quantityLots: Lots | null;
  filledLots: Lots;
  leavesLots: Lots | null;
  status: OrderStatus;
  readonly receivedAtUs: EpochUs;
  /** Fixed for the order's whole life; null: nothing is held for it. */
  readonly feeRates: FeeRates | null;
  /** `heldUnits` and `feeCarry` are settlement's (src/shared/domain/funds.ts): what it holds, in the currency that it pays with. */
  heldUnits: number;
  feeCarry: number;
}

export function isDone({ status }: OrderRecord): boolean {
  return status === "filled" || status === "canceled" || status === "rejected" || status === "expired";
}

/** Whether it is a market order, whose price is only the worst that it may trade at. */
export function isMarket({ type }: Pick<OrderRecord, "type">): boolean {
  return type === "market" || type === "stop_market";
}

/** The fields are named one by one: a spread would cost more than all the rest of settling an order. */
export function newOrderRecord(
  orderId: OrderId,
  accountId: AccountId,
  receivedAtUs: EpochUs,
  order: NewOrder,
  status: OrderStatus,
): OrderRecord {
  return {
    orderId,
    accountId,
    clientOrderId: order.clientOrderId,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    priceTicks: order.priceTicks,
    terms: {
      stopPriceTicks: order.stopPriceTicks,
      displayLots: order.displayLots,
      minimumLots: order.minimumLots,
      postOnly: order.postOnly,
      expiresAtMs: order.expiresAtMs,
      quoteBudgetUnits: order.quoteBudgetUnits,
      selfTradePrevention: order.selfTradePrevention,
    },
    quantityLots: order.quantityLots,
    filledLots: lots(0),
    leavesLots: order.quantityLots,
    status,
    receivedAtUs,
    feeRates: order.feeRates,
    heldUnits: 0,
    feeCarry: 0,
  };
}
