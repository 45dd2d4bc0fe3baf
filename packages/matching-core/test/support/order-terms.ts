import type { NewOrder } from "@bourse/matching-core";
import { type Lots, lots, type PriceTicks, priceTicks } from "@bourse/matching-core";

/** A limit order, good till canceled, with whatever is different about it. */
export function limitOrder(side: "buy" | "sell", quantity: number, price: number, more: Partial<NewOrder> = {}) {
  return orderOf(side, lots(quantity), priceTicks(price), more);
}

/** An immediate order without a price of its own. */
export function marketOrder(side: "buy" | "sell", quantity: number | null, more: Partial<NewOrder> = {}): NewOrder {
  const quantityLots = quantity === null ? null : lots(quantity);
  return orderOf(side, quantityLots, null, { type: "market", timeInForce: "IOC", ...more });
}

function orderOf(
  side: "buy" | "sell",
  quantityLots: Lots | null,
  price: PriceTicks | null,
  more: Partial<NewOrder>,
): NewOrder {
  return {
    kind: "new",
    clientOrderId: null,
    side,
    type: "limit",
    timeInForce: "GTC",
    quantityLots,
    priceTicks: price,
    stopPriceTicks: null,
    displayLots: null,
    minimumLots: null,
    quoteBudgetUnits: null,
    expiresAtMs: null,
    postOnly: false,
    selfTradePrevention: "cancel_newest",
    feeRates: null,
    ...more,
  };
}
