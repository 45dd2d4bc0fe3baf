import {
  type Candle,
  type CandleTrade,
  type Close,
  candleOf,
  MINUTE_MS,
  mergeCandles,
  openAt,
} from "../domain/candles.js";
import type { PriceTicks } from "../domain/units.js";

export const DAY_MS = 1_440 * MINUTE_MS;

/**
 * What traded in the last 24 hours of one asset, to the minute: from the beginning of the minute that the time 24 hours ago
 * is in. Trades must come in their sequence. Pure: what time it is is said by `advanceTo`.
 */
export class DayWindow {
  /** The minutes that have trades, oldest first. */
  #minutes: Candle[];
  /** All of them as one; null: nothing has traded. */
  #day: Candle | null;
  #last: Close | null;

  /** `last` is the last trade there was, perhaps before these minutes; null: there was none. */
  constructor(minutes: readonly Candle[], last: Close | null) {
    this.#minutes = [...minutes];
    this.#day = merged(minutes);
    this.#last = minutes.at(-1) ?? last;
  }

  /** As one candle, from the first trade to the last; null: nothing has traded in 24 hours. */
  get day(): Candle | null {
    return this.#day;
  }

  /** The price of the last trade, however old; null: there was none. */
  get lastTicks(): PriceTicks | null {
    return this.#last?.closeTicks ?? null;
  }

  /** Adds a trade, unless the stored minutes had it already. */
  add(trade: CandleTrade): void {
    if (trade.tradeId <= (this.#last?.lastTradeId ?? 0)) return;
    const traded = candleOf(trade, MINUTE_MS);
    const minute = this.#minutes.at(-1);
    if (minute === undefined || traded.openAtMs > minute.openAtMs) this.#minutes.push(traded);
    else this.#minutes[this.#minutes.length - 1] = mergeCandles(minute, traded);
    this.#day = this.#day === null ? traded : mergeCandles(this.#day, traded);
    this.#last = traded;
  }

  /** Lets go of what is older than 24 hours at that time. True: there was some. */
  advanceTo(nowMs: number): boolean {
    const first = this.#minutes.findIndex(({ openAtMs }) => openAtMs >= beginOfDay(nowMs));
    if (first === 0 || this.#minutes.length === 0) return false;
    this.#minutes = first < 0 ? [] : this.#minutes.slice(first);
    this.#day = merged(this.#minutes);
    return true;
  }
}

/** When the 24 hours before that time begin. */
export function beginOfDay(nowMs: number): number {
  return openAt(nowMs - DAY_MS, MINUTE_MS);
}

function merged([first, ...others]: readonly Candle[]): Candle | null {
  return first === undefined ? null : others.reduce(mergeCandles, first);
}
