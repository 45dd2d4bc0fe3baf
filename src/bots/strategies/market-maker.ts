import { volatility } from "../indicators.js";
import {
  drawBetween,
  type Intent,
  midTicks,
  PRICES_KEPT,
  type Quote,
  type Strategy,
  type View,
  wholeLots,
  wholeTicks,
} from "../view.js";

const LEVELS = 20;
const HALF_SPREAD_BPS = 15;
/** By how much a full inventory widens the spread. */
const INVENTORY_RISK_BPS = 10;
const INVENTORY_MAX_UNITS = 500;
const SIZE_UNITS = { least: 30, most: 49 };
/** How much of the way from the market's price to what the asset is worth the quotes go. */
const PULL_TO_FAIR = 0.2;

/**
 * Quotes both sides around the market's price: wider while prices move and while it holds much, shifted so that what it holds too much of
 * is sold sooner (Stoikov's skew), and none on the side that would exceed the cap.
 */
export const marketMaker: Strategy = {
  name: "market-maker",
  people: 1,
  everyMs: 1_000,
  decide(view, draw): readonly Intent[] {
    const held = Math.max(-1, Math.min(1, view.inventoryLots / (INVENTORY_MAX_UNITS * view.lotsPerUnit)));
    const mid = midTicks(view) + PULL_TO_FAIR * (view.fairTicks - midTicks(view));
    const movesBps = 100 * (volatility(view.pricesTicks, Math.min(view.pricesTicks.length, PRICES_KEPT)) ?? 0.01);
    const halfSpread = (mid * (HALF_SPREAD_BPS + movesBps + Math.abs(held) * INVENTORY_RISK_BPS)) / 10_000;
    const skewed = mid - (held * halfSpread) / 2;
    const bids = held >= 1 ? [] : levels(view, draw, skewed, -halfSpread);
    const asks = held <= -1 ? [] : levels(view, draw, skewed, halfSpread);
    return [{ kind: "quote", bids, asks }];
  },
};

/** Smaller ones farther away. */
function levels(view: View, draw: () => number, mid: number, stepTicks: number): Quote[] {
  const quotes = Array.from({ length: LEVELS }, (_, at) => ({
    priceTicks: Math.round(mid + stepTicks * (at + 1)),
    quantityLots: wholeLots(drawBetween(draw, SIZE_UNITS.least, SIZE_UNITS.most) * (1 - at / (2 * LEVELS)), view),
  }));
  return quotes
    .filter(({ priceTicks }, at) => priceTicks > 0 && priceTicks !== quotes[at - 1]?.priceTicks)
    .map(({ priceTicks, quantityLots }) => ({ priceTicks: wholeTicks(priceTicks), quantityLots }));
}
