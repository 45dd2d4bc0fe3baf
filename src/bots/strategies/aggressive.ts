import { relativeStrength, trendPercent } from "../indicators.js";
import { drawBetween, type Intent, midTicks, type Strategy, wholeLots, wholeTicks } from "../view.js";

const POSITION_MAX_UNITS = 1_000;
const TREND_THRESHOLD_PERCENT = 0.3;
const RSI_LENGTH = 14;
/** It does not buy what everybody has bought already, nor sell what everybody has sold. */
const OVERBOUGHT_RSI = 75;
const OVERSOLD_RSI = 25;
/** Of a position, what is closed at each look once the trend is over; a smaller one than this many units is kept. */
const CLOSED_SHARE = 0.2;
const KEPT_UNITS = 10;
const MARKET_SHARE = 0.4;
const LIMIT_STEP = 0.001;

/** Chases trends: part at the market, part by limits just past it. */
export const aggressive: Strategy = {
  name: "aggressive",
  people: 1,
  everyMs: 800,
  decide(view, draw): readonly Intent[] {
    const trend = trendPercent(view.pricesTicks, 5, 5);
    if (trend === null) return [];
    const position = view.inventoryLots / view.lotsPerUnit;
    if (Math.abs(trend) < TREND_THRESHOLD_PERCENT) {
      if (Math.abs(position) <= KEPT_UNITS) return [];
      const quantityLots = wholeLots(Math.abs(position) * CLOSED_SHARE, view);
      return [{ kind: position > 0 ? "sell" : "buy", quantityLots, priceTicks: null }];
    }
    const isRising = trend > 0;
    const strength = relativeStrength(view.pricesTicks, RSI_LENGTH) ?? 50;
    if (isRising ? strength > OVERBOUGHT_RSI : strength < OVERSOLD_RSI) return [];
    if (isRising ? position >= POSITION_MAX_UNITS : position <= -POSITION_MAX_UNITS) return [];
    const units = drawBetween(draw, 20, 49) * (1 + 0.15 * Math.abs(trend));
    const kind = isRising ? "buy" : "sell";
    const limits = drawBetween(draw, 2, 4);
    const mid = midTicks(view);
    return [
      { kind, quantityLots: wholeLots(units * MARKET_SHARE, view), priceTicks: null },
      ...Array.from({ length: limits }, (_, at) => ({
        kind: kind as "buy" | "sell",
        quantityLots: wholeLots((units * (1 - MARKET_SHARE)) / limits, view),
        priceTicks: wholeTicks(mid * (1 + (isRising ? 1 : -1) * LIMIT_STEP * (at + 1))),
      })),
    ];
  },
};
