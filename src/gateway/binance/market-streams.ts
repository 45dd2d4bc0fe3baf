/** Market streams: what our channels tell, followed once for all who listen, and told in Binance's form. */
import type { MarketData } from "../../shared/channels/market-data.js";
import type { Ticker } from "../../shared/channels/ticker-channel.js";
import type { TradeJson } from "../../shared/channels/trades-channel.js";
import type { Asset } from "../../shared/domain/assets.js";
import type { Logger } from "../../shared/process/log.js";
import { followSteadily } from "../sockets/follow-steadily.js";
import {
  aggregateTradeEvent,
  bookTickerEvent,
  type DepthEvent,
  depthUpdate,
  klineEvent,
  miniTickerEvent,
  tickerEvent,
  tradeEvent,
} from "./market-events.js";
import type { LastTrade } from "./market-json.js";
import { parseStream, type Stream, type TickerForm } from "./stream-names.js";
import type { Symbols } from "./symbols.js";

/** Who listens to streams. Neither may throw. */
export interface StreamListener {
  /** `text` is the event as JSON, made once for all who listen. */
  tell(stream: string, text: string): void;
}

export interface MarketStreamsParts {
  readonly symbols: Symbols;
  readonly market: Pick<MarketData, "follow" | "depth" | "ticker" | "trades">;
  readonly nowMs: () => number;
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

type Candle = Parameters<typeof klineEvent>[0];

interface Followed {
  readonly stream: Stream;
  readonly listeners: Set<StreamListener>;
  ends: (() => void)[];
}

export class MarketStreams {
  readonly #parts: MarketStreamsParts;
  readonly #followed = new Map<string, Followed>();
  readonly #lastTrades = new Map<string, LastTrade>();

  constructor(parts: MarketStreamsParts) {
    this.#parts = parts;
  }

  /** False: there is no such stream. What is a state, and not a change, is told at once. */
  listen(name: string, listener: StreamListener): boolean {
    const known = this.#followed.get(name);
    const stream = known?.stream ?? parseStream(name, this.#parts.symbols);
    if (stream === null) return false;
    if (known !== undefined) known.listeners.add(listener);
    else {
      const followed: Followed = { stream, listeners: new Set([listener]), ends: [] };
      this.#followed.set(name, followed);
      followed.ends = this.#channelsOf(stream).map((asked) => {
        const onEvent = (payload: object) => this.#tell(name, followed, payload, asked.asset);
        return followSteadily(this.#parts.market, asked, { onEvent }, this.#parts.stopping);
      });
    }
    void this.#tellState(name, stream, listener);
    return true;
  }

  forget(name: string, listener: StreamListener): void {
    const followed = this.#followed.get(name);
    if (followed === undefined || !followed.listeners.delete(listener) || followed.listeners.size > 0) return;
    this.#followed.delete(name);
    for (const end of followed.ends) end();
  }

  /** What is followed of our channels. */
  #channelsOf(stream: Stream): readonly { readonly channel: string; readonly asset: string }[] {
    const of = (channel: string, { asset }: Asset, more: object = {}) => [{ channel, asset, ...more }];
    switch (stream.kind) {
      case "depth":
        return of("depth", stream.asset, { depth: "full" });
      case "levels":
        return of("depth", stream.asset, { depth: stream.levels <= 10 ? 10 : 25 });
      case "trade":
      case "aggTrade":
        return of("trades", stream.asset);
      case "kline":
        return of("candles", stream.asset, { interval: stream.interval });
      case "all":
        return [...this.#parts.symbols.assets].flatMap((asset) => of("ticker", asset));
      default:
        return of("ticker", stream.asset);
    }
  }

  #tell(name: string, { stream, listeners }: Followed, payload: object, assetName: string): void {
    const asset = stream.kind === "all" ? this.#assetOf(assetName) : stream.asset;
    for (const event of this.#eventsOf(stream, payload, asset)) {
      const text = JSON.stringify(event);
      for (const listener of listeners) listener.tell(name, text);
    }
  }

  #eventsOf(stream: Stream, payload: object, asset: Asset): object[] {
    const nowMs = this.#parts.nowMs();
    switch (stream.kind) {
      case "depth":
        return [depthUpdate(payload as DepthEvent, asset, nowMs)];
      case "levels":
        return this.#levels(asset, stream.levels);
      case "trade":
        return this.#tradesIn(payload).map((trade) => tradeEvent(trade, asset, nowMs));
      case "aggTrade":
        return this.#tradesIn(payload).map((trade) => aggregateTradeEvent(trade, asset, nowMs));
      case "kline":
        return [klineEvent(payload as Candle, stream.interval, asset, nowMs)];
      case "all":
        return [this.#inList(stream.form, this.#tickerIn(stream.form, payload as Ticker, asset))];
      default:
        return [this.#tickerIn(stream.kind, payload as Ticker, asset)];
    }
  }

  #tradesIn(payload: object): readonly TradeJson[] {
    return (payload as { readonly trades: readonly TradeJson[] }).trades;
  }

  #levels(asset: Asset, levels: number): object[] {
    const book = this.#parts.market.depth(asset.asset, levels);
    return book === null ? [] : [{ lastUpdateId: book.sequence, bids: book.bids, asks: book.asks }];
  }

  #tickerIn(form: TickerForm, ticker: Ticker, asset: Asset): object {
    const nowMs = this.#parts.nowMs();
    if (form === "miniTicker") return miniTickerEvent(ticker, asset, nowMs);
    if (form === "bookTicker")
      return bookTickerEvent(ticker, this.#parts.market.depth(asset.asset, 1)?.sequence ?? 0, asset);
    void this.#lookAtLastTrade(asset);
    return tickerEvent(ticker, this.#lastTrades.get(asset.asset) ?? null, asset, nowMs);
  }

  /** Tickers of all are told in a list, the best prices of all one by one. */
  #inList(form: TickerForm, event: object): object {
    return form === "bookTicker" ? event : [event];
  }

  async #lookAtLastTrade(asset: Asset): Promise<void> {
    const trades = await this.#parts.market.trades(asset.asset, { limit: 1 }).catch(() => []);
    const last = Array.isArray(trades) ? trades.at(-1) : undefined;
    if (last !== undefined) this.#lastTrades.set(asset.asset, last);
  }

  async #tellState(name: string, stream: Stream, listener: StreamListener): Promise<void> {
    const say = (event: object) => {
      if (this.#followed.get(name)?.listeners.has(listener)) listener.tell(name, JSON.stringify(event));
    };
    if (stream.kind === "levels") for (const event of this.#levels(stream.asset, stream.levels)) say(event);
    const form = stream.kind === "all" ? stream.form : stream.kind;
    if (form !== "ticker" && form !== "miniTicker" && form !== "bookTicker") return;
    const assets = stream.kind === "all" ? [...this.#parts.symbols.assets] : "asset" in stream ? [stream.asset] : [];
    if (form === "ticker") await Promise.all(assets.map((asset) => this.#lookAtLastTrade(asset)));
    const events = assets.flatMap((asset) => {
      const ticker = this.#parts.market.ticker(asset.asset);
      return ticker === null ? [] : [this.#tickerIn(form, ticker, asset)];
    });
    if (stream.kind === "all" && form !== "bookTicker") say(events);
    else for (const event of events) say(event);
  }

  #assetOf(name: string): Asset {
    for (const asset of this.#parts.symbols.assets) if (asset.asset === name) return asset;
    throw new Error(`${name} is followed and not known`);
  }
}
