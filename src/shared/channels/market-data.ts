/**
 * All that a service of its own kind needs of markets: what is asked for, answered from memory where it can be, and what changes, to
 * whoever follows it, in the sequences and shapes of the channels.
 */
import type { Bus } from "../bus/bus.js";
import type { Database } from "../database/database.js";
import type { GrowingRegistry } from "../domain/assets.js";
import { CANDLE_INTERVALS_MS, type CandleInterval, openAt } from "../domain/candles.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { PublicTrade } from "../domain/reports.js";
import type { AccountId } from "../domain/units.js";
import { DepthBooks } from "../market-data/depth-books.js";
import { DepthFeed } from "../market-data/depth-feed.js";
import type { Logger } from "../process/log.js";
import { Audience } from "./audience.js";
import { type FullCandleJson, fullCandleJson } from "./candle-json.js";
import { GRACE_MS } from "./candles-channel.js";
import { CandlesStore } from "./candles-store.js";
import { ChannelFlow, type NotificationsFollower } from "./channel-flow.js";
import type { ChannelMetrics } from "./channel-metrics.js";
import { type ChannelParts, channelsOf } from "./channels.js";
import { DepthSnapshots } from "./depth-snapshots.js";
import type { DepthSnapshot } from "./depth-view.js";
import { FairTurns } from "./fair-turns.js";
import { Follower, type Following } from "./follower.js";
import { KeptBytes } from "./kept-bytes.js";
import type { StatusJson } from "./status-channel.js";
import { Subscriptions } from "./subscriptions.js";
import type { Ticker } from "./ticker-channel.js";
import { type TradeJson, tradeJson } from "./trades-channel.js";
import { TradesStore } from "./trades-store.js";

export interface MarketDataOptions {
  readonly bus: Bus;
  readonly database: Database;
  readonly registry: Pick<GrowingRegistry, "assets" | "onNew">;
  readonly limits: ChannelParts["limits"] & {
    readonly natsReplicas: number | null;
    readonly reconcileMs: number;
    readonly keptBytesMax: number;
    readonly subscriptionsPerConnectionMax: number;
  };
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly metrics: ChannelMetrics;
}

/** Which page of a sequence: before an item, newest last, or after one; neither: the newest. */
export interface PageAsked {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

export interface CandlesPage {
  readonly candles: readonly (FullCandleJson & { readonly closed: boolean })[];
  /** Whether there are older ones. */
  readonly hasEarlier: boolean;
}

/** Pages read at the same time, and those that wait for it. */
const READS_AT_ONCE_MAX = 2;
const READS_WAITING_MAX = 256;
const TOO_MANY = refuse("BUSY", "too many pages are asked for; try again later");

export class MarketData {
  readonly subscriptions: Subscriptions;
  readonly audience = new Audience();
  readonly #options: MarketDataOptions;
  readonly #books: DepthBooks;
  readonly #snapshots: DepthSnapshots;
  readonly #channels: ReturnType<typeof channelsOf>;
  readonly #flow: ChannelFlow;
  readonly #trades: TradesStore;
  readonly #candles: CandlesStore;
  readonly #turns = new FairTurns<string>(READS_AT_ONCE_MAX);
  #waiting = 0;

  constructor(options: MarketDataOptions) {
    const { bus, database, registry, limits, log, metrics } = options;
    const { assets } = registry;
    this.#options = options;
    this.#books = new DepthBooks(assets.keys());
    this.#snapshots = new DepthSnapshots(this.#books, assets);
    this.#trades = new TradesStore(database, assets);
    this.#candles = new CandlesStore(database);
    const kept = new KeptBytes(limits.keptBytesMax, metrics.keptBytes);
    const parts = { ...options, assets, books: this.#books, rooms: this.audience, kept, renderCandle: fullCandleJson };
    this.#channels = channelsOf(parts);
    const { all: channels } = this.#channels;
    const isDatabaseReady = () => database.whyNotReady() === null;
    const depth = new DepthFeed(bus, this.#books, log);
    const flow = { bus, registry, stream: "NOTIFICATIONS", channels, depth, connections: this.audience, kept } as const;
    this.#flow = new ChannelFlow({ ...flow, isDatabaseReady, limits, log, metrics });
    const flush = () => void this.#flow.flush();
    this.subscriptions = new Subscriptions({ channels, assets, limits, isDatabaseReady, flush, metrics });
  }

  /** Rejects if Postgres or the log can't answer. */
  async start(): Promise<void> {
    await this.#flow.start();
  }

  async stop(): Promise<void> {
    await this.#flow.stop();
  }

  get inputFill(): number {
    return this.#flow.inputFill;
  }

  /** Tells it each notification once it is settled, and what the channels have of it is told. */
  followNotifications(follower: NotificationsFollower): void {
    this.#flow.followNotifications(follower);
  }

  /** The same object until the book changes. Null: the asset or its book is not known. */
  depth(asset: string, levels: number): DepthSnapshot | null {
    return this.#snapshots.of(asset, levels);
  }

  /** Null: the asset is not traded here. */
  ticker(asset: string): Ticker | null {
    return this.#channels.ticker.tickerOf(asset);
  }

  states(): readonly StatusJson[] {
    return this.#channels.status.statuses();
  }

  /** Oldest first; the newest from memory. */
  async trades(name: string, page: PageAsked): Promise<TradeJson[] | Refusal> {
    const asset = this.#options.registry.assets.get(name);
    const recent = this.#channels.trades.recent(name);
    if (asset === undefined || recent === null) return unknownAsset(name);
    const trades = recentPage(recent, page) ?? (await this.#read(name, () => this.#storedTrades(name, page)));
    return "text" in trades ? trades : trades.map((trade) => tradeJson(trade, asset));
  }

  /** Oldest first, without gaps, through the open one; `before` and `after` are times in milliseconds. */
  async candles(name: string, interval: CandleInterval, page: PageAsked): Promise<CandlesPage | Refusal> {
    const asset = this.#options.registry.assets.get(name);
    if (asset === undefined) return unknownAsset(name);
    const { before, after, limit } = page;
    const intervalMs = CANDLE_INTERVALS_MS[interval];
    const nowMs = this.#options.nowMs();
    const endMs = openAt(nowMs, intervalMs) + intervalMs;
    const firstMs = after === undefined ? null : openAt(after, intervalMs) + intervalMs;
    const lastMs = before === undefined ? endMs : Math.min(Math.ceil(before / intervalMs) * intervalMs, endMs);
    const beforeMs = firstMs === null ? lastMs : Math.min(lastMs, firstMs + limit * intervalMs);
    const fromMs = Math.max(firstMs ?? 0, beforeMs - limit * intervalMs);
    const throughMs = Math.min(beforeMs - intervalMs, openAt(nowMs - GRACE_MS, intervalMs));
    const range = { fromMs, throughMs, beforeMs, intervalMs };
    const read = await this.#read(name, () => this.#candles.candlesIn(name, range));
    if ("text" in read) return read;
    const isClosed = (openAtMs: number) => openAtMs + intervalMs <= nowMs - GRACE_MS;
    const candles = read.candles
      .slice(0, limit)
      .map((candle) => ({ ...fullCandleJson(candle, asset), closed: isClosed(candle.openAtMs) }));
    return { candles, hasEarlier: read.hasEarlier };
  }

  /**
   * Follows a channel as a subscriber does: `onAnswer` once, with the snapshot or why not, then `onEvent` with each event after it, in
   * sequence. Returns what ends it.
   */
  follow(asked: object, following: Following, accountId: AccountId | null = null): () => void {
    const follower = new Follower(this.audience, following, accountId, () => this.subscriptions.forget(follower));
    this.subscriptions.receive(follower, "subscribe", asked, following.onAnswer);
    return () => follower.end();
  }

  #storedTrades(name: string, { before, after, limit }: PageAsked): Promise<PublicTrade[]> {
    return after === undefined
      ? this.#trades.recentTrades(name, limit, before)
      : this.#trades.tradesAfter(name, after, limit);
  }

  /** Reads a page when it is the asset's turn. */
  async #read<T>(asset: string, work: () => Promise<T>): Promise<T | Refusal> {
    if (this.#waiting >= READS_WAITING_MAX) return TOO_MANY;
    this.#waiting += 1;
    try {
      return await this.#turns.take(asset, work);
    } finally {
      this.#waiting -= 1;
    }
  }
}

function unknownAsset(name: string): Refusal {
  return refuse("UNKNOWN_ASSET", `asset ${name.slice(0, 40)} is not traded here`);
}

/** The page, if it is among the recent trades as a whole; null: it is not. */
function recentPage(recent: readonly PublicTrade[], { before, after, limit }: PageAsked): PublicTrade[] | null {
  const first = recent[0]?.tradeId ?? 1;
  if (after !== undefined) {
    if (after + 1 < first) return null;
    return recent.filter(({ tradeId }) => tradeId > after).slice(0, limit);
  }
  const older = before === undefined ? recent : recent.filter(({ tradeId }) => tradeId < before);
  return older.length >= limit || first === 1 ? older.slice(-limit) : null;
}
