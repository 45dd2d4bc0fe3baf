/** The events of Binance's market streams. Pure: of what our channels tell (docs/protocol.md, Reports out). */
import type { FullCandleJson } from "../../shared/channels/candle-json.js";
import type { Ticker } from "../../shared/channels/ticker-channel.js";
import type { TradeJson } from "../../shared/channels/trades-channel.js";
import type { Asset } from "../../shared/domain/assets.js";
import { CANDLE_INTERVALS_MS, type CandleInterval } from "../../shared/domain/candles.js";
import { aggregateTradeJson, changes, type LastTrade } from "./market-json.js";
import { toMs } from "./order-json.js";
import { symbolOf } from "./symbols.js";

/** An event of the channel `depth`. */
export interface DepthEvent {
  readonly previousSequence: number;
  readonly sequence: number;
  readonly bids: readonly (readonly [price: string, quantity: string])[];
  readonly asks: readonly (readonly [price: string, quantity: string])[];
}

export function depthUpdate(
  { previousSequence, sequence, bids, asks }: DepthEvent,
  asset: Asset,
  nowMs: number,
): object {
  return { e: "depthUpdate", E: nowMs, s: symbolOf(asset), U: previousSequence + 1, u: sequence, b: bids, a: asks };
}

export function tradeEvent(trade: TradeJson, asset: Asset, nowMs: number): object {
  const { tradeId, price, quantity, executedAtUs, takerSide } = trade;
  const time = toMs(executedAtUs);
  const what = { t: tradeId, p: price, q: quantity };
  return { e: "trade", E: nowMs, s: symbolOf(asset), ...what, T: time, m: takerSide === "sell", M: true };
}

export function aggregateTradeEvent(trade: TradeJson, asset: Asset, nowMs: number): object {
  return { e: "aggTrade", E: nowMs, s: symbolOf(asset), ...aggregateTradeJson(trade) };
}

export function klineEvent(
  candle: FullCandleJson & { readonly closed: boolean },
  interval: CandleInterval,
  asset: Asset,
  nowMs: number,
): object {
  const { openAtMs, tradeCount, lastTradeId } = candle;
  const symbol = symbolOf(asset);
  const k = {
    t: openAtMs,
    T: openAtMs + CANDLE_INTERVALS_MS[interval] - 1,
    s: symbol,
    i: interval,
    f: tradeCount === 0 ? -1 : lastTradeId - tradeCount + 1,
    L: tradeCount === 0 ? -1 : lastTradeId,
    o: candle.open,
    c: candle.close,
    h: candle.high,
    l: candle.low,
    v: candle.volume,
    n: tradeCount,
    x: candle.closed,
    q: candle.quoteVolume,
    V: "0",
    Q: "0",
    B: "0",
  };
  return { e: "kline", E: nowMs, s: symbol, k };
}

export function tickerEvent(ticker: Ticker, lastTrade: LastTrade | null, asset: Asset, nowMs: number): object {
  const { change, percent, mean } = changes(ticker, asset);
  const lastId = lastTrade?.tradeId ?? -1;
  const { tradeCount } = ticker;
  return {
    ...miniTickerEvent(ticker, asset, nowMs),
    e: "24hrTicker",
    p: change,
    P: percent,
    w: mean,
    x: ticker.open ?? ticker.last ?? "0",
    Q: lastTrade?.quantity ?? "0",
    b: ticker.bestBid ?? "0",
    B: ticker.bestBidQuantity ?? "0",
    a: ticker.bestAsk ?? "0",
    A: ticker.bestAskQuantity ?? "0",
    O: nowMs - 86_400_000,
    C: nowMs,
    F: tradeCount === 0 ? -1 : lastId - tradeCount + 1,
    L: tradeCount === 0 ? -1 : lastId,
    n: tradeCount,
  };
}

export function miniTickerEvent(ticker: Ticker, asset: Asset, nowMs: number): object {
  const last = ticker.last ?? "0";
  return {
    e: "24hrMiniTicker",
    E: nowMs,
    s: symbolOf(asset),
    c: last,
    o: ticker.open ?? last,
    h: ticker.high ?? last,
    l: ticker.low ?? last,
    v: ticker.volume ?? "0",
    q: ticker.quoteVolume ?? "0",
  };
}

export function bookTickerEvent(ticker: Ticker, sequence: number, asset: Asset): object {
  return {
    u: sequence,
    s: symbolOf(asset),
    b: ticker.bestBid ?? "0",
    B: ticker.bestBidQuantity ?? "0",
    a: ticker.bestAsk ?? "0",
    A: ticker.bestAskQuantity ?? "0",
  };
}
