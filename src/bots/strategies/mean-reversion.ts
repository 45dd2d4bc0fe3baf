import { zScore } from "../indicators.js";
import { drawBetween, type Intent, midTicks, PRICES_KEPT, type Strategy, wholeLots, wholeTicks } from "../view.js";

const POSITION_MAX_UNITS = 500;
const PRICES_MIN = 10;
/** Deviations from which a price counts as too far away, as much too far, and as back. */
const FAR = 1.5;
const EXTREME = 2;
const BACK = 0.5;
const COUNTED_MAX = 3;
/** Of a position, what is closed at each look once the price is back; a smaller one than this many units is kept. */
const CLOSED_SHARE = 0.3;
const KEPT_UNITS = 10;
/** Where the price is extreme: how likely part of it is done at the market, and which part. */
const MARKET_CHANCE = 0.3;
const MARKET_SHARE = 0.3;

/** Sells what rose too far from its mean and buys what fell too far, and takes the profit when the price is back. */
export const meanReversion: Strategy = {
  name: "mean-reversion",
  people: 1,
  everyMs: 600,
  decide(view, draw): readonly Intent[] {
    if (view.pricesTicks.length < PRICES_MIN) return [];
    const z = zScore(view.pricesTicks, Math.min(view.pricesTicks.length, PRICES_KEPT)) ?? 0;
    const position = view.inventoryLots / view.lotsPerUnit;
    if (Math.abs(z) < BACK && Math.abs(position) > KEPT_UNITS) {
      const quantityLots = wholeLots(Math.abs(position) * CLOSED_SHARE, view);
      return [{ kind: position > 0 ? "sell" : "buy", quantityLots, priceTicks: null }];
    }
    if (Math.abs(z) <= FAR) return [];
    const kind = z > 0 ? "sell" : "buy";
    if (z > 0 ? position <= -POSITION_MAX_UNITS : position >= POSITION_MAX_UNITS) return [];
    const isExtreme = Math.abs(z) > EXTREME;
    const units = drawBetween(draw, 15, 24) * Math.min(COUNTED_MAX, Math.abs(z));
    const atMarket: Intent[] =
      isExtreme && draw() < MARKET_CHANCE
        ? [{ kind, quantityLots: wholeLots(units * MARKET_SHARE, view), priceTicks: null }]
        : [];
    const limits = isExtreme ? drawBetween(draw, 2, 4) : drawBetween(draw, 1, 3);
    const step = isExtreme ? 0.0005 : 0.001;
    const mid = midTicks(view);
    const resting = Array.from({ length: limits }, (_, at): Intent => {
      const priceTicks = wholeTicks(mid * (1 + (z > 0 ? 1 : -1) * step * (at + 1)));
      return { kind, quantityLots: wholeLots(units / limits, view), priceTicks };
    });
    return [...atMarket, ...resting];
  },
};
