/** What the depth chart draws: how much rests up to each price, from the best one outwards. */
import type { BookSide } from "../../src/shared/subscriber/book-side.js";

export interface DepthCurve {
  /** Ends of the price axis, in ticks. */
  readonly lowTicks: number;
  readonly highTicks: number;
  /** The largest sum that is shown, in lots; above 0. */
  readonly topLots: number;
  readonly bids: readonly CurvePoint[];
  readonly asks: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly priceTicks: number;
  /** Of this level and all better ones. */
  readonly totalLots: number;
}

/** Around the middle of the book as far as it goes, `widthPart` of the price to each side at most. Null: a side is empty. */
export function depthCurve(bids: BookSide, asks: BookSide, widthPart: number): DepthCurve | null {
  const [bestBid, bestAsk] = [bids.prices[0], asks.prices[0]];
  if (bestBid === undefined || bestAsk === undefined) return null;
  const middle = (bestBid + bestAsk) / 2;
  const reach = Math.max(middle - (bids.prices.at(-1) ?? 0), (asks.prices.at(-1) ?? 0) - middle);
  const half = Math.max(Math.min(middle * widthPart, reach), bestAsk - bestBid, 1);
  const [lowTicks, highTicks] = [middle - half, middle + half];
  const bidPoints = sums(bids, (price) => price >= lowTicks);
  const askPoints = sums(asks, (price) => price <= highTicks);
  const topLots = Math.max(bidPoints.at(-1)?.totalLots ?? 0, askPoints.at(-1)?.totalLots ?? 0, 1);
  return { lowTicks, highTicks, topLots, bids: bidPoints, asks: askPoints };
}

function sums(side: BookSide, isShown: (priceTicks: number) => boolean): CurvePoint[] {
  const points: CurvePoint[] = [];
  let totalLots = 0;
  for (let at = 0; at < side.length && isShown(side.prices[at] as number); at++) {
    totalLots += side.quantities[at] as number;
    points.push({ priceTicks: side.prices[at] as number, totalLots });
  }
  return points;
}
