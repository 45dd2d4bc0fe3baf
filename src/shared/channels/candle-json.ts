import type { Asset } from "../domain/assets.js";
import type { Candle } from "../domain/candles.js";
import { formatDecimal, formatPrice } from "../domain/decimal.js";

/** A candle as subscribers get it. */
export interface CandleJson {
  readonly openAtMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** With what programs that know other exchanges ask for, too. */
export interface FullCandleJson extends CandleJson {
  readonly quoteVolume: string;
  readonly tradeCount: number;
  /** The last trade in it, or before it. */
  readonly lastTradeId: number;
}

export function candleJson(candle: Candle, { tick, lot }: Asset): CandleJson {
  return {
    openAtMs: candle.openAtMs,
    open: formatPrice(candle.openTicks, tick),
    high: formatPrice(candle.highTicks, tick),
    low: formatPrice(candle.lowTicks, tick),
    close: formatPrice(candle.closeTicks, tick),
    volume: formatDecimal(candle.volumeLots, lot),
  };
}

export function fullCandleJson(candle: Candle, asset: Asset): FullCandleJson {
  const { tradeCount, lastTradeId, notionalTickLots } = candle;
  const quoteVolume = formatDecimal(notionalTickLots * BigInt(asset.quoteUnitsPerTickLot), asset.quoteUnit);
  return { ...candleJson(candle, asset), quoteVolume, tradeCount, lastTradeId };
}
