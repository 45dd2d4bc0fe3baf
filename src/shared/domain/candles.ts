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

/** What a candle without trades has of the one before it. */
export type Close = Pick<Candle, "closeTicks" | "lastTradeId">;

/** The candle of an interval without a trade. */
export function flatCandle({ closeTicks, lastTradeId }: Close, openAtMs: EpochMs): Candle {
  const prices = { openTicks: closeTicks, highTicks: closeTicks, lowTicks: closeTicks, closeTicks };
  return { openAtMs, ...prices, volumeLots: 0n, notionalTickLots: 0n, tradeCount: 0, lastTradeId };
}

/**
 * Candles in the order of their time, with flat ones in between where there are none: from `fromMs` on, or from the first one
 * if nothing traded before (`earlier` is null), through the interval that opens at `throughMs`, or the last candle.
 */
export function carryCandles(
  candles: readonly Candle[],
  earlier: Close | null,
  {
    fromMs,
    throughMs,
    intervalMs,
  }: { readonly fromMs: number; readonly throughMs: number; readonly intervalMs: number },
): Candle[] {
  const carried: Candle[] = [];
  let [before, nextMs] = [earlier, fromMs];
  const carryTo = (endMs: number) => {
    for (; before !== null && nextMs < endMs; nextMs += intervalMs) carried.push(flatCandle(before, epochMs(nextMs)));
  };
  for (const candle of candles) {
    carryTo(candle.openAtMs);
    carried.push(candle);
    [before, nextMs] = [candle, candle.openAtMs + intervalMs];
  }
  carryTo(throughMs + intervalMs);
  return carried;
}

export const CANDLE_INTERVALS_MS = {
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
  "1h": 60 * MINUTE_MS,
  "4h": 240 * MINUTE_MS,
  "1d": 1_440 * MINUTE_MS,
} as const;
export type CandleInterval = keyof typeof CANDLE_INTERVALS_MS;
