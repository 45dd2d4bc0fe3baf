/** What a strategy sees of the market, and what it wants to do. Prices in ticks, quantities in lots. */

export interface View {
  /** Null: nobody buys, or nobody sells. Own orders are among them. */
  readonly bestBidTicks: number | null;
  readonly bestAskTicks: number | null;
  /** The market's price at each of the last looks, oldest first, PRICES_KEPT at most. */
  readonly pricesTicks: readonly number[];
  /** What the asset would be worth without anybody's orders (reference-path.ts). */
  readonly fairTicks: number;
  /** Bought less sold since the start. */
  readonly inventoryLots: number;
  /** So many lots are worth about as much in each asset. Sizes and caps are given in this unit. */
  readonly lotsPerUnit: number;
}

export const PRICES_KEPT = 100;

export interface Quote {
  readonly priceTicks: number;
  readonly quantityLots: number;
}

export type Intent =
  /** These quotes are to rest, best first, and no others of this bot. */
  | { readonly kind: "quote"; readonly bids: readonly Quote[]; readonly asks: readonly Quote[] }
  | {
      readonly kind: "buy" | "sell";
      readonly quantityLots: number /** Null: a market order. */;
      readonly priceTicks: number | null;
    };

/** Decides what to do now. The same view and the same draws (numbers from 0, below 1) give the same intents. */
export interface Strategy {
  readonly name: string;
  /** So many accounts do this, each for itself: nobody trades with himself. */
  readonly people: number;
  /** How often each of them looks at the market. */
  readonly everyMs: number;
  decide(view: View, draw: () => number): readonly Intent[];
}

/** Between the best prices, else the one that there is, else what the asset is worth. */
export function midTicks({ bestBidTicks, bestAskTicks, fairTicks }: View): number {
  if (bestBidTicks !== null && bestAskTicks !== null) return (bestBidTicks + bestAskTicks) / 2;
  return bestBidTicks ?? bestAskTicks ?? fairTicks;
}

export function wholeTicks(price: number): number {
  return Math.max(1, Math.round(price));
}

export function wholeLots(units: number, { lotsPerUnit }: View): number {
  return Math.max(1, Math.round(units * lotsPerUnit));
}

/** A whole number from the first to the last, both among them. */
export function drawBetween(draw: () => number, first: number, last: number): number {
  return first + Math.floor(draw() * (last - first + 1));
}
