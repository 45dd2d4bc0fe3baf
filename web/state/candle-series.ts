/** The candles of an asset in one interval, oldest first, as numbers: they are drawn, and nothing is calculated with them. */
export interface CandleJson {
  readonly openAtMs: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
  readonly closed: boolean;
}

export interface CandlesPage {
  readonly candles: readonly CandleJson[];
  /** Where the page before this one ends; missing: there is none. */
  readonly next?: number;
}

/** A type, not an interface: charts take records of any names. */
export type Bar = {
  readonly timestamp: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
};

export const INTERVALS = ["1m", "5m", "15m", "1h", "4h", "1d"] as const;
export type Interval = (typeof INTERVALS)[number];

export class CandleSeries {
  #bars: Bar[] = [];
  #next: number | null = null;
  #last: CandleJson | null = null;

  get bars(): readonly Bar[] {
    return this.#bars;
  }

  /** Names the page of older candles; null: there is none. */
  get next(): number | null {
    return this.#next;
  }

  /** The newest candle, as text. */
  get last(): CandleJson | null {
    return this.#last;
  }

  /** Begins anew from the answer to `subscribe`. */
  begin({ candles, next }: CandlesPage): void {
    this.#bars = candles.map(barOf);
    this.#next = next ?? null;
    this.#last = candles.at(-1) ?? null;
  }

  /** Takes a change of the newest candle, or a newer one. Null: it is older, and was final. */
  take(candle: CandleJson): Bar | null {
    const last = this.#bars.at(-1);
    if (last !== undefined && candle.openAtMs < last.timestamp) return null;
    const bar = barOf(candle);
    if (last?.timestamp === bar.timestamp) this.#bars[this.#bars.length - 1] = bar;
    else this.#bars.push(bar);
    this.#last = candle;
    return bar;
  }

  /** Puts a page of older candles before the others; returns its bars. */
  prepend({ candles, next }: CandlesPage): readonly Bar[] {
    const firstMs = this.#bars[0]?.timestamp ?? Number.POSITIVE_INFINITY;
    const older = candles.filter(({ openAtMs }) => openAtMs < firstMs).map(barOf);
    this.#bars = [...older, ...this.#bars];
    this.#next = next ?? null;
    return older;
  }
}

function barOf({ openAtMs, open, high, low, close, volume }: CandleJson): Bar {
  return {
    timestamp: openAtMs,
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
  };
}
