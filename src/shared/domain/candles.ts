/** Candles: what came of an asset's trades in one interval of time (UTC). Pure folds over trades in their sequence. */
import type { PublicTrade } from "./reports.js";
import { type EpochMs, epochMs, type PriceTicks, type TradeId } from "./units.js";

export interface Candle {
  /** When the interval begins: a multiple of its length. */
  readonly openAtMs: EpochMs;
  readonly openTicks: PriceTicks;
  readonly highTicks: PriceTicks;
  readonly lowTicks: PriceTicks;
  readonly closeTicks: PriceTicks;
  /** Sums, which may be above 2^53: of quantities, and of prices times quantities. */
  readonly volumeLots: bigint;
  readonly notionalTickLots: bigint;
  /** Zero: nothing traded, and the prices are those of the trade before. */
  readonly tradeCount: number;
  /** The last trade in it, or before it. */
  readonly lastTradeId: TradeId;
}

export type CandleTrade = Pick<PublicTrade, "tradeId" | "priceTicks" | "quantityLots" | "executedAtUs">;

export const MINUTE_MS = 60_000;

/** The beginning of the interval in which something happened. */
export function openAt(atMs: number, intervalMs: number): EpochMs {
  return epochMs(Math.floor(atMs / intervalMs) * intervalMs);
}

export function openOf({ executedAtUs }: CandleTrade, intervalMs: number): EpochMs {
  return openAt(executedAtUs / 1000, intervalMs);
}

/** A candle with its first trade. */
export function candleOf(trade: CandleTrade, intervalMs: number): Candle {
  const { priceTicks, quantityLots, tradeId } = trade;
  return {
    openAtMs: openOf(trade, intervalMs),
    openTicks: priceTicks,
    highTicks: priceTicks,
    lowTicks: priceTicks,
    closeTicks: priceTicks,
    volumeLots: BigInt(quantityLots),
    notionalTickLots: BigInt(priceTicks) * BigInt(quantityLots),
    tradeCount: 1,
    lastTradeId: tradeId,
  };
}

/** The candle with what came after it in the same interval. */
export function mergeCandles(candle: Candle, later: Candle): Candle {
  if (candle.tradeCount === 0) return { ...later, openAtMs: candle.openAtMs };
  return {
    openAtMs: candle.openAtMs,
    openTicks: candle.openTicks,
    highTicks: later.highTicks > candle.highTicks ? later.highTicks : candle.highTicks,
    lowTicks: later.lowTicks < candle.lowTicks ? later.lowTicks : candle.lowTicks,
    closeTicks: later.closeTicks,
    volumeLots: candle.volumeLots + later.volumeLots,
    notionalTickLots: candle.notionalTickLots + later.notionalTickLots,
    tradeCount: candle.tradeCount + later.tradeCount,
    lastTradeId: later.lastTradeId,
  };
}

/** The candles of trades in their sequence; an interval without a trade has none. */
export function foldTrades(trades: readonly CandleTrade[], intervalMs: number): Candle[] {
  const candles: Candle[] = [];
  for (const trade of trades) {
    const last = candles.at(-1);
    const candle = candleOf(trade, intervalMs);
    if (last?.openAtMs === candle.openAtMs) candles[candles.length - 1] = mergeCandles(last, candle);
    else candles.push(candle);
  }
  return candles;
}
