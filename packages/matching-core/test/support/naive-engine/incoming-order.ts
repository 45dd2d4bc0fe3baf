import {
  type AccountId,
  type Lots,
  lots,
  type NewOrder,
  type OrderId,
  type PriceTicks,
  type Side,
} from "@bourse/matching-core";
import { type RestingOrder, sliceOf } from "./order-book.js";

/** An order on its way into the book: new, replaced or just triggered. It takes what it can, then rests or ends. */
export interface IncomingOrder {
  readonly orderId: OrderId;
  readonly accountId: AccountId;
  readonly terms: NewOrder;
  /** Null: takes any price. */
  readonly limitTicks: PriceTicks | null;
  filledLots: Lots;
  remaining: Remaining;
}

/** What the order still wants: a quantity, or as much as its quote currency buys. */
export type Remaining =
  | { readonly kind: "lots"; readonly lots: Lots }
  | { readonly kind: "budget"; readonly units: number };

export function incomingOrder(orderId: OrderId, accountId: AccountId, terms: NewOrder): IncomingOrder {
  const remaining: Remaining =
    terms.quoteBudgetUnits === null
      ? { kind: "lots", lots: terms.quantityLots ?? lots(0) }
      : { kind: "budget", units: terms.quoteBudgetUnits };
  return { orderId, accountId, terms, limitTicks: terms.priceTicks, filledLots: lots(0), remaining };
}

/** A resting order that leaves its place and comes in again. */
export function incomingAgain(order: RestingOrder, limitTicks: PriceTicks, leavesLots: Lots): IncomingOrder {
  const { orderId, accountId, terms, filledLots } = order;
  return { orderId, accountId, terms, limitTicks, filledLots, remaining: { kind: "lots", lots: leavesLots } };
}

/** What is left of it, in its place in the book. */
export function restingOrder(incoming: IncomingOrder, priceTicks: PriceTicks, leavesLots: Lots): RestingOrder {
  const { orderId, accountId, terms, filledLots } = incoming;
  const shownLots = sliceOf(leavesLots, terms.displayLots);
  return { kind: "resting", orderId, accountId, terms, priceTicks, leavesLots, shownLots, filledLots };
}

/** What is left of an order; null for one that spends a budget. */
export function leavesOf({ remaining }: IncomingOrder): Lots | null {
  return remaining.kind === "lots" ? remaining.lots : null;
}

/** How much of it would trade at this price if there were enough. */
export function wantedAt({ remaining }: IncomingOrder, priceTicks: PriceTicks, quoteUnitsPerTickLot: number): Lots {
  if (remaining.kind === "lots") return remaining.lots;
  // Rounding can't hurt: a product that isn't exact is above 2^53, more than any budget. The rest is exact division.
  const lotCostUnits = priceTicks * quoteUnitsPerTickLot;
  return lots((remaining.units - (remaining.units % lotCostUnits)) / lotCostUnits);
}

export function fill(incoming: IncomingOrder, quantityLots: Lots, lotCostUnits: number): void {
  incoming.filledLots = lots(incoming.filledLots + quantityLots);
  if (incoming.remaining.kind === "lots") reduce(incoming, quantityLots);
  else incoming.remaining = { kind: "budget", units: incoming.remaining.units - quantityLots * lotCostUnits };
}

/** Takes quantity away without a trade. */
export function reduce(incoming: IncomingOrder, byLots: Lots): void {
  incoming.remaining = { kind: "lots", lots: lots((leavesOf(incoming) ?? 0) - byLots) };
}

export function reaches({ terms, limitTicks }: IncomingOrder, priceTicks: PriceTicks): boolean {
  if (limitTicks === null) return true;
  return terms.side === "buy" ? limitTicks >= priceTicks : limitTicks <= priceTicks;
}

export function otherSide(side: Side): Side {
  return side === "buy" ? "sell" : "buy";
}
