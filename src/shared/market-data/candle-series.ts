import {
  type Candle,
  type CandleTrade,
  candleOf,
  carryCandles,
  flatCandle,
  mergeCandles,
  openAt,
  openOf,
} from "../domain/candles.js";

/** Stored candles of one asset and interval, without gaps. */
export interface CandleHistory {
  readonly candles: readonly Candle[];
  /** Whether there are older ones. */
  readonly hasEarlier: boolean;
}

export interface ToldCandle {
  readonly candle: Candle;
  readonly closed: boolean;
}

/**
 * The newest candles of one asset and interval, without gaps: the last one is open, those before it are closed. Trades must
 * come in their sequence. Pure: when an interval without a trade is over is said by `advanceTo`.
 */
export class CandleSeries {
  readonly #intervalMs: number;
  readonly #candlesMax: number;
  #candles: Candle[];
  #hasEarlier: boolean;
  #lastTradeId: number;
  /** The oldest candle that has changed since `takeChanged`. */
  #changedFromMs = Number.POSITIVE_INFINITY;

  constructor(history: CandleHistory, intervalMs: number, candlesMax: number) {
    this.#intervalMs = intervalMs;
    this.#candlesMax = candlesMax;
    this.#candles = history.candles.slice(-candlesMax);
    this.#hasEarlier = history.hasEarlier || history.candles.length > candlesMax;
    this.#lastTradeId = history.candles.at(-1)?.lastTradeId ?? 0;
  }

  /** The last of them is open. */
  get candles(): readonly Candle[] {
    return this.#candles;
  }

  get hasEarlier(): boolean {
    return this.#hasEarlier;
  }

  get lastTradeId(): number {
    return this.#lastTradeId;
  }

  /** When the open candle's interval is over; null: nothing has traded yet. */
  get endMs(): number | null {
    const open = this.#candles.at(-1);
    return open === undefined ? null : open.openAtMs + this.#intervalMs;
  }

  /**
   * Adds a trade, unless the history had it already. One of a closed interval, which comes only of clocks that differ by more
   * than the caller waits, changes that candle, and those that follow are told again with it.
   */
  add(trade: CandleTrade): void {
    if (trade.tradeId <= this.#lastTradeId) return;
    this.#lastTradeId = trade.tradeId;
    const openAtMs = openOf(trade, this.#intervalMs);
    const traded = candleOf(trade, this.#intervalMs);
    this.advanceTo(openAtMs);
    if (this.#candles.length === 0) this.#candles.push(traded);
    else {
      const place = this.#placeOf(openAtMs);
      const candle = this.#candles[place];
      if (candle === undefined) return;
      this.#candles[place] = mergeCandles(candle, traded);
      for (let next = place + 1; this.#candles[next]?.tradeCount === 0; next++)
        this.#candles[next] = flatCandle(this.#candles[next - 1] as Candle, (this.#candles[next] as Candle).openAtMs);
    }
    this.#changed(openAtMs);
  }

  /** Closes what is over at that time: what nobody traded in is flat. */
  advanceTo(atMs: number): void {
    const open = this.#candles.at(-1);
    if (open === undefined || atMs < open.openAtMs + this.#intervalMs) return;
    const range = { fromMs: open.openAtMs, throughMs: openAt(atMs, this.#intervalMs), intervalMs: this.#intervalMs };
    this.#candles.push(...carryCandles([open], null, range).slice(1));
    this.#changed(open.openAtMs);
  }

  /** The candles that have changed since it was called last, oldest first. */
  takeChanged(): ToldCandle[] {
    const first = this.#candles.findIndex(({ openAtMs }) => openAtMs >= this.#changedFromMs);
    this.#changedFromMs = Number.POSITIVE_INFINITY;
    if (first < 0) return [];
    const last = this.#candles.length - 1;
    const changed = this.#candles.slice(first).map((candle, index) => ({ candle, closed: first + index < last }));
    if (this.#candles.length > this.#candlesMax) {
      this.#candles = this.#candles.slice(-this.#candlesMax);
      this.#hasEarlier = true;
    }
    return changed;
  }

  #placeOf(openAtMs: number): number {
    return (openAtMs - (this.#candles[0] as Candle).openAtMs) / this.#intervalMs;
  }

  #changed(openAtMs: number): void {
    this.#changedFromMs = Math.min(this.#changedFromMs, openAtMs);
  }
}
