import type { Resting } from "./requote.js";

export interface Order {
  readonly isBuy: boolean;
  readonly quantityLots: number;
  /** Null: a market order. */
  readonly priceTicks: number | null;
}

/** Where a bot trades one asset: for real (live-desk.ts), or on paper (paper-desk.ts). */
export interface Desk {
  /** False: something is under way, or away; whoever decides now would decide by what is old. */
  readonly isReady: boolean;
  /** Bought less sold since the start. */
  readonly inventoryLots: number;
  /** The quotes that rest; other orders end by themselves. */
  readonly resting: readonly Resting[];
  place(order: Order, isQuote: boolean): void;
  cancel(order: Resting): void;
}
