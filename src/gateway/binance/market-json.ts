/** Markets as Binance's clients read them: books, trades, candles, the last 24 hours. Pure. */
import type { FullCandleJson } from "../../shared/channels/candle-json.js";
import type { Ticker } from "../../shared/channels/ticker-channel.js";
import type { TradeJson } from "../../shared/channels/trades-channel.js";
import type { Asset } from "../../shared/domain/assets.js";
import { CANDLE_INTERVALS_MS, type CandleInterval } from "../../shared/domain/candles.js";
import { type DecimalStep, formatAmount, formatPrice, parseDecimal } from "../../shared/domain/decimal.js";
import { toMs } from "./order-json.js";
import { symbolOf } from "./symbols.js";

const DAY_MS = 86_400_000;

/** Decimal text as whole steps; zero, which is no amount of an order, is one here. */
export function stepsOf(text: string, step: DecimalStep): bigint {
  const steps = parseDecimal(text, step);
  return typeof steps === "number" ? BigInt(steps) : 0n;
}

function worth({ price, quantity }: TradeJson, { tick, lot, quoteUnit, quoteUnitsPerTickLot }: Asset): string {
  const units = stepsOf(price, tick) * stepsOf(quantity, lot) * BigInt(quoteUnitsPerTickLot);
  return formatAmount(units, quoteUnit);
}

export function tradeJson(trade: TradeJson, asset: Asset): object {
  return {
    id: trade.tradeId,
    price: trade.price,
    qty: trade.quantity,
    quoteQty: worth(trade, asset),
    time: toMs(trade.executedAtUs),
    isBuyerMaker: trade.takerSide === "sell",
    isBestMatch: true,
  };
}

/** Each trade by itself: which of them came of one order, nobody is told. */
export function aggregateTradeJson({ tradeId, price, quantity, executedAtUs, takerSide }: TradeJson): object {
  const ids = { a: tradeId, p: price, q: quantity, f: tradeId, l: tradeId };
  return { ...ids, T: toMs(executedAtUs), m: takerSide === "sell", M: true };
}

/** Who of buyer and seller took is not added up in candles: these two are zero. */
export function klineJson(candle: FullCandleJson, interval: CandleInterval): readonly unknown[] {
  const { openAtMs, open, high, low, close, volume, quoteVolume, tradeCount } = candle;
  const closeAtMs = openAtMs + CANDLE_INTERVALS_MS[interval] - 1;
  return [openAtMs, open, high, low, close, volume, closeAtMs, quoteVolume, tradeCount, "0", "0", "0"];
}

/** The change since a price 24 hours ago: absolute, in percent, and the mean price by volume. */
export function changes({ last, open, volume, quoteVolume }: Ticker, asset: Asset) {
  const [lastTicks, openTicks] = [stepsOf(last ?? "0", asset.tick), stepsOf(open ?? last ?? "0", asset.tick)];
  const changeTicks = lastTicks - openTicks;
  const thousandths = openTicks === 0n ? 0n : (changeTicks * 100_000n) / openTicks;
  return {
    change: formatAmount(changeTicks, asset.tick),
    percent: formatAmount(thousandths, { scale: 3, units: 1 }),
    mean: meanPrice(quoteVolume, volume, asset) ?? last ?? "0",
  };
}

/** Null: nothing traded. */
export function meanPrice(quoteVolume: string, volume: string, asset: Asset): string | null {
  const volumeLots = stepsOf(volume, asset.lot);
  if (volumeLots === 0n) return null;
  const units = stepsOf(quoteVolume, asset.quoteUnit);
  return formatPrice(units / (volumeLots * BigInt(asset.quoteUnitsPerTickLot)), asset.tick);
}

export interface LastTrade {
  readonly tradeId: number;
  readonly quantity: string;
}

export function ticker24hJson(ticker: Ticker, lastTrade: LastTrade | null, asset: Asset, nowMs: number): object {
  const { change, percent, mean } = changes(ticker, asset);
  const lastId = lastTrade?.tradeId ?? -1;
  return {
    symbol: symbolOf(asset),
    priceChange: change,
    priceChangePercent: percent,
    weightedAvgPrice: mean,
    prevClosePrice: ticker.open ?? ticker.last ?? "0",
    lastPrice: ticker.last ?? "0",
    lastQty: lastTrade?.quantity ?? "0",
    ...bookTickerJson(ticker, asset),
    openPrice: ticker.open ?? ticker.last ?? "0",
    highPrice: ticker.high ?? ticker.last ?? "0",
    lowPrice: ticker.low ?? ticker.last ?? "0",
    volume: ticker.volume,
    quoteVolume: ticker.quoteVolume,
    openTime: nowMs - DAY_MS,
    closeTime: nowMs,
    firstId: ticker.tradeCount === 0 ? -1 : lastId - ticker.tradeCount + 1,
    lastId: ticker.tradeCount === 0 ? -1 : lastId,
    count: ticker.tradeCount,
  };
}

export function bookTickerJson(ticker: Ticker, asset: Asset): object {
  return {
    symbol: symbolOf(asset),
    bidPrice: ticker.bestBid ?? "0",
    bidQty: ticker.bestBidQuantity ?? "0",
    askPrice: ticker.bestAsk ?? "0",
    askQty: ticker.bestAskQuantity ?? "0",
  };
}
