import type { Asset } from "../domain/assets.js";
import { type Candle, type CandleTrade, type Close, MINUTE_MS, openAt } from "../domain/candles.js";
import { formatDecimal, formatPrice } from "../domain/decimal.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import { beginOfDay, DayWindow } from "../market-data/day-window.js";
import type { ShownBook } from "../market-data/depth-book.js";
import { lookEvery } from "../process/looks.js";
import { type Asked, type Channel, roomOf, type Subscription, type TradeFollower } from "./channel.js";
import type { Listener, Rooms } from "./listener.js";

const LOOK_INTERVAL_MS = 250;

export interface TickerSource {
  /** The last trade that is stored; null: there is none. */
  lastTrade(asset: string): Promise<Close | null>;
  /** The stored minutes since then, oldest first. */
  minutesSince(asset: string, fromMs: number): Promise<Candle[]>;
}

export interface TickerChannelOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly rooms: Rooms;
  readonly source: TickerSource;
  readonly books: { shown(asset: string): ShownBook | null };
  readonly nowMs: () => number;
}

/** Null: there was no trade, no order, or none in 24 hours. */
export interface Ticker {
  readonly asset: string;
  readonly last: string | null;
  readonly bestBid: string | null;
  readonly bestBidQuantity: string | null;
  readonly bestAsk: string | null;
  readonly bestAskQuantity: string | null;
  readonly open: string | null;
  readonly high: string | null;
  readonly low: string | null;
  readonly volume: string;
  readonly quoteVolume: string;
  readonly tradeCount: number;
}

interface Entry {
  readonly asset: Asset;
  readonly window: DayWindow;
  readonly book: ShownBook | null;
  /** The event of the book that subscribers were told last. */
  toldSequence: number | null;
  /** The ticker that subscribers were told last, as text. */
  told: string;
  /** When the newest trade that is not told yet was made; null: all are told. */
  newestTradeUs: number | null;
}

/**
 * Channel `ticker`: an asset's last price, its best bid and ask, and the last 24 hours. The 24 hours are the minutes that
 * Postgres has, and from there on the trades of the channel `trades`, in its flush; each minute one of them is let go.
 */
export class TickerChannel implements Channel, TradeFollower {
  readonly name = "ticker";
  readonly isPrivate = false;
  readonly fields = [];
  readonly #options: TickerChannelOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Set<string>();
  #stopLooking: () => void = () => undefined;
  #minuteMs = 0;
  #flushAll: () => void = () => undefined;

  constructor(options: TickerChannelOptions) {
    this.#options = options;
  }

  async start(flushAll: () => void): Promise<void> {
    const { assets, source, nowMs } = this.#options;
    this.#minuteMs = openAt(nowMs(), MINUTE_MS);
    for (const [name, asset] of assets) {
      const last = await source.lastTrade(name); // first, so that the minutes have it
      const window = new DayWindow(await source.minutesSince(name, beginOfDay(this.#minuteMs)), last);
      this.#add(asset, window);
    }
    this.#flushAll = flushAll;
    this.#stopLooking = lookEvery(LOOK_INTERVAL_MS, () => this.letGo());
  }

  stop(): void {
    this.#stopLooking();
  }

  /** All its trades are to come. */
  takeUp(asset: Asset): void {
    this.#add(asset, new DayWindow([], null));
  }

  #add(asset: Asset, window: DayWindow): void {
    const book = this.#options.books.shown(asset.asset);
    this.#entries.set(asset.asset, { asset, window, book, toldSequence: null, told: "", newestTradeUs: null });
    this.#changed.add(asset.asset);
  }

  /** Its `begin` answers and joins the room in one synchronous step, so that events follow the answer. */
  subscription(listener: Listener, { asset: name }: Asked): Subscription | Refusal {
    const entry = name === null ? undefined : this.#entries.get(name);
    if (name === null || entry === undefined)
      return refuse("UNKNOWN_ASSET", `channel ticker needs an asset, such as "asset":"BTC-USD"`);
    const room = roomOf(this.name, name);
    return {
      key: room,
      begin: (answerWith) => {
        listener.join(room);
        answerWith({ ok: true, ...this.#json(entry) });
      },
      end: () => listener.leave(room),
      isHeld: () => true,
    };
  }

  /** Null: the asset is not traded here. */
  tickerOf(name: string): Ticker | null {
    const entry = this.#entries.get(name);
    return entry === undefined ? null : this.#json(entry);
  }

  /** Nothing to forget: a connection that is gone is in no room. */
  forget(): void {}

  /** Trades come by `follow`, in their sequence. */
  offer(): void {}

  follow(asset: string, trades: readonly CandleTrade[]): void {
    const entry = this.#entries.get(asset);
    if (entry === undefined) return;
    for (const trade of trades) entry.window.add(trade);
    entry.newestTradeUs = trades.at(-1)?.executedAtUs ?? entry.newestTradeUs;
    this.#changed.add(asset);
  }

  flush(onTold: (executedAtUs: number) => void): boolean {
    for (const [name, entry] of this.#entries)
      if (entry.book !== null && entry.book.sequence !== entry.toldSequence) this.#changed.add(name);
    for (const name of this.#changed) {
      const entry = this.#entries.get(name);
      if (entry === undefined) continue;
      const json = this.#json(entry);
      const text = JSON.stringify(json);
      if (text !== entry.told) this.#options.rooms.send(roomOf(this.name, name), "ticker", json);
      if (entry.newestTradeUs !== null) onTold(entry.newestTradeUs);
      Object.assign(entry, { told: text, toldSequence: entry.book?.sequence ?? null, newestTradeUs: null });
    }
    this.#changed.clear();
    return false;
  }

  /** What is missing is read by the channel `trades`. */
  async reconcile(): Promise<void> {}

  /** This channel keeps the minutes of a day. */
  giveBack(): void {}

  /** Lets go of what is older than 24 hours, once a minute. */
  letGo(): void {
    const minuteMs = openAt(this.#options.nowMs(), MINUTE_MS);
    if (minuteMs === this.#minuteMs) return;
    this.#minuteMs = minuteMs;
    for (const [name, { window }] of this.#entries) if (window.advanceTo(minuteMs)) this.#changed.add(name);
    this.#flushAll();
  }

  #json({ asset, window, book }: Entry): Ticker {
    const { asset: name, tick, lot, quoteUnit, quoteUnitsPerTickLot } = asset;
    const { day, lastTicks } = window;
    const price = (ticks: number | undefined | null) =>
      ticks === undefined || ticks === null ? null : formatPrice(ticks, tick);
    const [bid, ask] = (["bids", "asks"] as const).map((side) => book?.best(side, 1)[0]);
    return {
      asset: name,
      last: price(lastTicks),
      bestBid: price(bid?.[0]),
      bestBidQuantity: bid ? formatDecimal(bid[1], lot) : null,
      bestAsk: price(ask?.[0]),
      bestAskQuantity: ask ? formatDecimal(ask[1], lot) : null,
      open: price(day?.openTicks),
      high: price(day?.highTicks),
      low: price(day?.lowTicks),
      volume: formatDecimal(day?.volumeLots ?? 0, lot),
      quoteVolume: formatDecimal((day?.notionalTickLots ?? 0n) * BigInt(quoteUnitsPerTickLot), quoteUnit),
      tradeCount: day?.tradeCount ?? 0,
    };
  }
}
