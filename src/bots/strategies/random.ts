import { trendPercent } from "../indicators.js";
import { drawBetween, type Intent, midTicks, type Strategy, type View, wholeLots, wholeTicks } from "../view.js";

const MARKET_SHARE = 0.15;
/** How much likelier than not one follows a trend, at most. */
const CROWD_BIAS_MAX = 0.2;
/** Limits are from so far behind the market's price to so far past it. */
const BEHIND_BPS = 15;
const PAST_BPS = 5;

/** A crowd of small customers, who trade with each other, too: 3 to 8 orders at a time, somewhat more of them with the trend than against it. */
export const random: Strategy = {
  name: "random",
  people: 3,
  everyMs: 1_500,
  decide(view, draw): readonly Intent[] {
    const bias = (trendPercent(view.pricesTicks, 5, 5) ?? 0) / 100;
    const buyShare = 0.5 + Math.max(-CROWD_BIAS_MAX, Math.min(CROWD_BIAS_MAX, bias));
    return Array.from({ length: drawBetween(draw, 3, 8) }, () => oneOrder(view, draw, draw() < buyShare));
  },
};

function oneOrder(view: View, draw: () => number, isBuy: boolean): Intent {
  const kind = isBuy ? "buy" : "sell";
  const quantityLots = wholeLots(drawBetween(draw, 1, 20), view);
  if (draw() < MARKET_SHARE) return { kind, quantityLots, priceTicks: null };
  const pastBps = drawBetween(draw, -BEHIND_BPS, PAST_BPS);
  return { kind, quantityLots, priceTicks: wholeTicks(midTicks(view) * (1 + ((isBuy ? 1 : -1) * pastBps) / 10_000)) };
}
