import type { Asset } from "../domain/assets.js";
import { formatDecimal, formatPrice } from "../domain/decimal.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { NotificationBatch, PublicTrade } from "../domain/reports.js";
import type { Hole } from "../market-data/sequence-gate.js";
import { TradeTape } from "../market-data/trade-tape.js";
import type { Logger } from "../process/log.js";
import { flushChanged } from "./changed-feeds.js";
import { type Asked, type Channel, roomOf, type Subscription, type TradeFollower } from "./channel.js";
import type { ChannelMetrics } from "./channel-metrics.js";
import { GapFiller } from "./gap-filler.js";
import type { KeptBytes } from "./kept-bytes.js";
import type { Listener, Rooms } from "./listener.js";

/** Trades in the acknowledgement of `subscribe`, by docs/protocol.md. */
export const SNAPSHOT_TRADES = 50;
const TAPE_LIMITS = { recentMax: SNAPSHOT_TRADES, heldMax: 10_000 };
/** The memory of a trade. */
const TRADE_BYTES = 256;
const TRADES_IN_PACKET_MAX = 1_000;
const TRADES_IN_FILL_MAX = 2_000;
const ASSETS_IN_FILL_MAX = 100;

export interface TradesHole extends Hole {
  /** The asset. */
  readonly key: string;
}

export interface TradesSource {
  /** The newest trades of an asset, oldest first. */
  recentTrades(asset: string, tradesMax: number): Promise<PublicTrade[]>;
  tradesIn(holes: readonly TradesHole[]): Promise<(PublicTrade & { asset: string })[]>;
  lastTradeIds(): Promise<{ asset: string; tradeId: number }[]>;
}

export interface TradesChannelOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly rooms: Rooms;
  readonly source: TradesSource;
  readonly followers: readonly TradeFollower[];
  readonly limits: { readonly holeWaitMs: number };
  readonly kept: KeptBytes;
  readonly log: Logger;
  readonly metrics: Pick<ChannelMetrics, "gapsFilled">;
}

/** A trade as everybody may see it. */
export interface TradeJson {
  readonly tradeId: number;
  readonly price: string;
  readonly quantity: string;
  readonly takerSide: PublicTrade["takerSide"];
  readonly executedAtUs: number;
}

/**
 * Channel `trades`: the last trades in the acknowledgement, then every later one, gapless by trade id. A tape moves only in
 * flush(), in the step in which the room is told, so a subscriber that joins between two flushes misses nothing.
 */
export class TradesChannel implements Channel {
  readonly name = "trades";
  readonly isPrivate = false;
  readonly fields = [];
  readonly #options: TradesChannelOptions;
  readonly #tapes = new Map<string, { readonly asset: Asset; readonly tape: TradeTape }>();
  readonly #changed = new Set<string>();
  readonly #filler: GapFiller<string>;
  #flushAll: () => void = () => undefined;

  constructor(options: TradesChannelOptions) {
    this.#options = options;
    for (const asset of options.assets.values()) this.#tapes.set(asset.asset, { asset, tape: this.#newTape() });
    this.#filler = new GapFiller({
      channel: this.name,
      gaps: () => this.#gaps(),
      fill: (names) => this.#fill(names),
      holeWaitMs: options.limits.holeWaitMs,
      keysInFillMax: ASSETS_IN_FILL_MAX,
      log: options.log,
      onFilled: (assets) => options.metrics.gapsFilled.inc(assets),
    });
  }

  /** Reads the newest trades, after which each tape starts. */
  async start(flushAll: () => void): Promise<void> {
    for (const [name, { tape }] of this.#tapes) {
      if (!tape.isStarted) tape.start(await this.#options.source.recentTrades(name, SNAPSHOT_TRADES));
      this.#changed.add(name);
    }
    this.#flushAll = flushAll;
    void this.#filler.run();
  }

  stop(): void {
    this.#filler.stop();
  }

  /** Its tape begins at its first trade; those that it has had are missing then, and read. */
  takeUp(asset: Asset): void {
    const tape = this.#newTape();
    tape.start([]);
    this.#tapes.set(asset.asset, { asset, tape });
  }

  #newTape(): TradeTape {
    return new TradeTape(TAPE_LIMITS, (trades) => this.#options.kept.add("gates", trades * TRADE_BYTES));
  }

  /** Its `begin` answers with the recent trades and joins the room in one synchronous step, so that events follow them. */
  subscription(listener: Listener, { asset: name }: Asked): Subscription | Refusal {
    const entry = name === null ? undefined : this.#tapes.get(name);
    if (name === null || entry === undefined)
      return refuse("UNKNOWN_ASSET", `channel trades needs an asset, such as "asset":"BTC-USD"`);
    const room = roomOf(this.name, name);
    return {
      key: room,
      begin: (answerWith) => {
        listener.join(room);
        answerWith({ ok: true, asset: name, trades: entry.tape.recent.map((trade) => tradeJson(trade, entry.asset)) });
      },
      end: () => listener.leave(room),
      isHeld: () => true,
    };
  }

  /** The last trades that were told, oldest first; null: the asset is not traded here. */
  recent(name: string): readonly PublicTrade[] | null {
    return this.#tapes.get(name)?.tape.recent ?? null;
  }

  /** Nothing to forget: a connection that is gone is in no room. */
  forget(): void {}

  offer(asset: string, { trades }: Pick<NotificationBatch, "trades">): void {
    if (trades.length === 0) return;
    this.#tapes.get(asset)?.tape.offer(trades);
    this.#changed.add(asset);
  }

  flush(onTold: (executedAtUs: number) => void): boolean {
    const release = (name: string) => this.#tapes.get(name)?.tape.release(TRADES_IN_PACKET_MAX);
    return flushChanged(this.#changed, TRADES_IN_PACKET_MAX, release, (name, trades, last) => {
      const { asset } = this.#tapes.get(name) as { readonly asset: Asset };
      const json = trades.map((trade) => tradeJson(trade, asset));
      this.#options.rooms.send(roomOf(this.name, name), "trades", { asset: name, trades: json });
      for (const follower of this.#options.followers) follower.follow(name, trades);
      onTold(last.executedAtUs);
    });
  }

  async reconcile(): Promise<void> {
    for (const { asset, tradeId } of await this.#options.source.lastTradeIds())
      this.#tapes.get(asset)?.tape.knowUpTo(tradeId);
  }

  giveBack(bytes: number): void {
    const { kept } = this.#options;
    const low = kept.total - bytes;
    for (const { tape } of this.#tapes.values()) if (kept.total > low) tape.keepNext(TRADES_IN_PACKET_MAX);
  }

  *#gaps(): Generator<{ key: string; after: number }> {
    for (const [key, { tape }] of this.#tapes) if (tape.isWaiting) yield { key, after: tape.position };
  }

  async #fill(names: readonly string[]): Promise<void> {
    const lengthMax = Math.ceil(TRADES_IN_FILL_MAX / names.length);
    const holes = names.flatMap((key) => {
      const hole = this.#tapes.get(key)?.tape.hole(lengthMax) ?? null;
      return hole === null ? [] : [{ key, ...hole }];
    });
    for (const { asset, ...trade } of await this.#options.source.tradesIn(holes))
      this.offer(asset, { trades: [trade] });
    this.#flushAll();
  }
}

export function tradeJson(trade: PublicTrade, { tick, lot }: Asset): TradeJson {
  return {
    tradeId: trade.tradeId,
    price: formatPrice(trade.priceTicks, tick),
    quantity: formatDecimal(trade.quantityLots, lot),
    takerSide: trade.takerSide,
    executedAtUs: trade.executedAtUs,
  };
}
