import type { CandleInterval, CandleTrade } from "../domain/candles.js";
import type { CandleHistory } from "../market-data/candle-series.js";
import { CandleSeries } from "../market-data/candle-series.js";
import type { AnswerWith } from "./channel.js";
import type { Listener } from "./listener.js";

/** Trades that are kept while history is read; with more, it is read again. */
const BUFFERED_TRADES_MAX = 10_000;

export interface Waiting {
  readonly listener: Listener;
  readonly answerWith: AnswerWith;
}

/** One asset's candles of one interval, with those who listen to them. They are read when the first one comes. */
export class LiveCandles {
  readonly room: string;
  readonly asset: string;
  readonly interval: CandleInterval;
  readonly intervalMs: number;
  readonly listeners = new Set<string>();
  /** Null: not read yet. */
  series: CandleSeries | null = null;
  waiting: Waiting[] = [];
  /** Whether a read is under way. */
  isReading = false;
  /** When the newest trade that is not told yet was made; null: all are told. */
  newestTradeUs: number | null = null;
  #buffered: CandleTrade[] = [];

  constructor(room: string, asset: string, interval: CandleInterval, intervalMs: number) {
    this.room = room;
    this.asset = asset;
    this.interval = interval;
    this.intervalMs = intervalMs;
  }

  /** Adds trades in their sequence, also before `start`. */
  add(trades: readonly CandleTrade[]): void {
    this.newestTradeUs = trades.at(-1)?.executedAtUs ?? this.newestTradeUs;
    if (this.series === null) {
      if (this.isReading && this.#buffered.length <= BUFFERED_TRADES_MAX) this.#buffered.push(...trades);
    } else for (const trade of trades) this.series.add(trade);
  }

  /** Starts with what was read, and the trades that came meanwhile. False: they were too many, it must be read again. */
  start(history: CandleHistory, candlesMax: number): boolean {
    const buffered = this.#buffered;
    this.#buffered = [];
    if (buffered.length > BUFFERED_TRADES_MAX) return false;
    this.series = new CandleSeries(history, this.intervalMs, candlesMax);
    this.add(buffered);
    this.tookAll();
    return true;
  }

  /** Counts all candles as told. */
  tookAll(): ReturnType<CandleSeries["takeChanged"]> {
    this.newestTradeUs = null;
    return this.series?.takeChanged() ?? [];
  }
}
