import type { Asset } from "../domain/assets.js";
import { CANDLE_INTERVALS_MS, type Candle, type CandleInterval, type CandleTrade, openAt } from "../domain/candles.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { CandleHistory } from "../market-data/candle-series.js";
import type { Logger } from "../process/log.js";
import { lookEvery } from "../process/looks.js";
import { type CandleJson, candleJson } from "./candle-json.js";
import { parseCandlesRequest } from "./candles-request.js";
import { type AnswerWith, type Asked, type Channel, roomOf, type Subscription, type TradeFollower } from "./channel.js";
import { FairTurns } from "./fair-turns.js";
import type { KeptBytes } from "./kept-bytes.js";
import { type Listener, type Rooms, refused } from "./listener.js";
import { LiveCandles } from "./live-candles.js";

/** Candles in the acknowledgement of `subscribe`, and in a page, by docs/protocol.md. */
export const CANDLES_IN_PAGE_MAX = 500;
const SERIES_BYTES = CANDLES_IN_PAGE_MAX * 400; // with its text
/** How long after its end a candle is closed without a later trade: by then, all that was logged in its time is in the log. */
export const GRACE_MS = 2_000;
const LOOK_INTERVAL_MS = 250;
/** Pages that may wait to be read; they are read one after the other. */
const PAGES_WAITING_MAX = 256;

export interface CandleRange {
  readonly fromMs: number;
  /** The last candle that must be there, if anything has traded before. */
  readonly throughMs: number;
  readonly beforeMs: number;
  readonly intervalMs: number;
}

export interface CandlesSource {
  candlesIn(asset: string, range: CandleRange): Promise<CandleHistory>;
  /** Of these assets, those of which everything in the log is settled, with their last trades' ids. */
  settledTrades(assets: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

export interface CandlesChannelOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly rooms: Rooms;
  readonly source: CandlesSource;
  readonly kept: KeptBytes;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** What is told of a candle, where that is more than the notifier tells. */
  readonly renderCandle?: (candle: Candle, asset: Asset) => CandleJson;
}

/**
 * Channel `candles`: the newest candles in the acknowledgement, then each change, and pages of older ones. Candles move with the
 * trades of the channel `trades`, in its flush; the open one closes with the first trade of a later interval, or when its time
 * is over and everything that was logged in it is settled.
 */
export class CandlesChannel implements Channel, TradeFollower {
  readonly name = "candles";
  readonly isPrivate = false;
  readonly fields = ["interval", "next"];
  readonly #options: CandlesChannelOptions;
  readonly #live = new Map<string, LiveCandles>();
  readonly #json = new WeakMap<Candle, object>();
  readonly #turns = new FairTurns<string>(1);
  /** The listeners that wait for a page. */
  readonly #paging = new Set<string>();
  #stopLooking: () => void = () => undefined;
  #isLooking = false;
  #flushAll: () => void = () => undefined;

  constructor(options: CandlesChannelOptions) {
    this.#options = options;
  }

  async start(flushAll: () => void): Promise<void> {
    this.#flushAll = flushAll;
    this.#stopLooking = lookEvery(LOOK_INTERVAL_MS, () => void this.closeWhatIsOver());
  }

  stop(): void {
    this.#stopLooking();
  }

  subscription(listener: Listener, { asset, fields }: Asked): Subscription | Refusal {
    if (asset === null) return refuse("UNKNOWN_ASSET", `channel candles needs an asset, such as "asset":"BTC-USD"`);
    const request = parseCandlesRequest(fields);
    if ("name" in request) return request;
    const { interval, beforeMs } = request;
    const key = `${roomOf(this.name, asset)}:${interval}`;
    return {
      key,
      begin: (answerWith) => {
        if (beforeMs === null) this.#subscribe({ listener, answerWith }, this.#liveOf(key, asset, interval));
        else void this.page({ listener, answerWith }, key, beforeMs);
      },
      end: () => this.#leave(listener, key),
      isHeld: () => {
        const live = this.#live.get(key);
        return (
          live?.listeners.has(listener.id) === true || live?.waiting.some((one) => one.listener === listener) === true
        );
      },
    };
  }

  forget(listener: Listener): void {
    for (const key of this.#live.keys()) this.#leave(listener, key);
  }

  /** Trades come by `follow`, in their sequence. */
  offer(): void {}

  follow(asset: string, trades: readonly CandleTrade[]): void {
    for (const interval of Object.keys(CANDLE_INTERVALS_MS))
      this.#live.get(`${roomOf(this.name, asset)}:${interval}`)?.add(trades);
  }

  flush(onTold: (executedAtUs: number) => void): boolean {
    for (const live of this.#live.values()) {
      const { newestTradeUs, listeners, room, asset, interval } = live;
      const told = live.tookAll();
      if (listeners.size === 0) continue;
      for (const { candle, closed } of told)
        this.#options.rooms.send(room, "candles", { asset, interval, ...this.#jsonOf(asset, candle), closed });
      if (newestTradeUs !== null) onTold(newestTradeUs);
    }
    return false;
  }

  /** What is missing is read by the channel `trades`. */
  async reconcile(): Promise<void> {}

  /** Forgets candles that nobody listens to. */
  giveBack(bytes: number): void {
    let left = bytes;
    for (const [key, { series, listeners }] of this.#live) {
      if (left <= 0) return;
      if (series === null || listeners.size > 0) continue;
      this.#live.delete(key);
      this.#options.kept.add("feeds", -SERIES_BYTES);
      left -= SERIES_BYTES;
    }
  }

  /** Closes open candles whose time is over, of assets of which all is settled and told. Never rejects. */
  async closeWhatIsOver(): Promise<void> {
    const { nowMs, source, log } = this.#options;
    const throughMs = nowMs() - GRACE_MS;
    const over = [...this.#live.values()].filter(
      ({ series }) => (series?.endMs ?? Number.POSITIVE_INFINITY) <= throughMs,
    );
    if (this.#isLooking || over.length === 0) return;
    this.#isLooking = true;
    try {
      const settled = await source.settledTrades([...new Set(over.map(({ asset }) => asset))]);
      for (const { asset, series } of over)
        if (series !== null && series.lastTradeId >= (settled.get(asset) ?? Number.POSITIVE_INFINITY))
          series.advanceTo(throughMs);
      this.#flushAll();
    } catch (err) {
      log.warn({ err }, "whether a candle is over can't be read from the database");
    } finally {
      this.#isLooking = false;
    }
  }

  /** Answers with a page of older candles, which are all closed. Never rejects. */
  async page(
    { listener, answerWith }: { listener: Listener; answerWith: AnswerWith },
    key: string,
    beforeMs: number,
  ): Promise<void> {
    const live = this.#live.get(key);
    const problem = this.#whyNoPage(listener, live, beforeMs);
    if (live === undefined || problem !== null) return answerWith(refused(problem ?? NOT_SUBSCRIBED));
    this.#paging.add(listener.id);
    try {
      const { asset, interval, intervalMs } = live;
      const [fromMs, throughMs] = [beforeMs - CANDLES_IN_PAGE_MAX * intervalMs, beforeMs - intervalMs];
      const { candles, hasEarlier } = await this.#turns.take(listener.id, () =>
        this.#options.source.candlesIn(asset, { fromMs, throughMs, beforeMs, intervalMs }),
      );
      const json = candles.map((candle) => ({ ...this.#jsonOf(asset, candle), closed: true }));
      answerWith({ ok: true, asset, interval, candles: json, ...(hasEarlier ? { next: fromMs } : {}) });
    } catch (err) {
      this.#options.log.warn({ err }, "a page of candles can't be read");
      answerWith(refused(UNAVAILABLE));
    } finally {
      this.#paging.delete(listener.id);
    }
  }

  #whyNoPage(listener: Listener, live: LiveCandles | undefined, beforeMs: number): Refusal | null {
    if (live === undefined || live.series === null || !live.listeners.has(listener.id)) return NOT_SUBSCRIBED;
    if (beforeMs > (live.series.candles.at(-1)?.openAtMs ?? 0))
      return refuse(
        "MALFORMED_MESSAGE",
        `next ${beforeMs} is after the open candle; give back what the last answer had`,
      );
    if (this.#paging.has(listener.id)) return refuse("BUSY", "one page at a time: wait for its answer");
    return this.#paging.size >= PAGES_WAITING_MAX
      ? refuse("BUSY", "too many pages are asked for; try again later")
      : null;
  }

  #liveOf(key: string, asset: string, interval: CandleInterval): LiveCandles {
    let live = this.#live.get(key);
    if (live === undefined) {
      live = new LiveCandles(key, asset, interval, CANDLE_INTERVALS_MS[interval]);
      this.#live.set(key, live);
    }
    return live;
  }

  #subscribe(who: LiveCandles["waiting"][number], live: LiveCandles): void {
    live.waiting.push(who);
    if (live.series !== null) this.#admit(live);
    else if (!live.isReading) void this.#read(live);
  }

  #leave(listener: Listener, key: string): void {
    const live = this.#live.get(key);
    if (live === undefined) return;
    const left = live.waiting.filter((one) => one.listener === listener);
    live.waiting = live.waiting.filter((one) => one.listener !== listener);
    for (const { answerWith } of left) answerWith(refused(REPLACED));
    if (live.listeners.delete(listener.id)) listener.leave(live.room);
  }

  /** Reads the newest candles, and answers those who wait for them. Never rejects. */
  async #read(live: LiveCandles): Promise<void> {
    const { kept, log } = this.#options;
    live.isReading = true;
    try {
      let history: CandleHistory;
      do history = await this.#turns.take(live.room, () => this.#newest(live));
      while (!live.start(history, CANDLES_IN_PAGE_MAX));
      kept.add("feeds", SERIES_BYTES);
      this.#admit(live);
    } catch (err) {
      log.warn({ err, asset: live.asset }, "candles can't be read");
      for (const { answerWith } of live.waiting.splice(0)) answerWith(refused(UNAVAILABLE));
      this.#live.delete(live.room);
    } finally {
      live.isReading = false;
    }
  }

  /** The newest candles, through what is over now, if all of that is settled. */
  async #newest({ asset, intervalMs }: LiveCandles): Promise<CandleHistory> {
    const { nowMs, source } = this.#options;
    const overMs = openAt(nowMs() - GRACE_MS, intervalMs);
    const fromMs = overMs - (CANDLES_IN_PAGE_MAX - 1) * intervalMs;
    const isSettled = (await source.settledTrades([asset])).has(asset);
    const throughMs = isSettled ? overMs : fromMs;
    return source.candlesIn(asset, { fromMs, throughMs, beforeMs: Number.MAX_SAFE_INTEGER, intervalMs });
  }

  /** Lets those who wait into the room, in the step that answers them: what changes afterwards is told to them. */
  #admit({ waiting, series, listeners, room, asset, interval }: LiveCandles): void {
    if (series === null) return;
    const last = series.candles.length - 1;
    const candles = series.candles.map((candle, place) => ({ ...this.#jsonOf(asset, candle), closed: place < last }));
    const next = series.hasEarlier ? { next: series.candles[0]?.openAtMs } : {};
    for (const { listener, answerWith } of waiting.splice(0)) {
      if (!listener.isConnected()) continue;
      listeners.add(listener.id);
      listener.join(room);
      answerWith({ ok: true, asset, interval, candles, ...next });
    }
  }

  #jsonOf(asset: string, candle: Candle): object {
    let json = this.#json.get(candle);
    if (json === undefined) {
      const { assets, renderCandle = candleJson } = this.#options;
      json = renderCandle(candle, assets.get(asset) as Asset);
      this.#json.set(candle, json);
    }
    return json;
  }
}

const UNAVAILABLE = refuse("UNAVAILABLE", "candles can't be read now; try again in a few seconds");
const NOT_SUBSCRIBED = refuse(
  "UNSUPPORTED_COMBINATION",
  "next is for who is subscribed to the candles of this interval",
);
const REPLACED = refuse("UNSUPPORTED_COMBINATION", "a later unsubscribe took this one's place");
