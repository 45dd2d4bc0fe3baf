import type { Asset } from "../../shared/domain/assets.js";
import { formatDecimal, formatPrice } from "../../shared/domain/decimal.js";
import { invariant } from "../../shared/domain/errors.js";
import type { PublicTrade } from "../../shared/domain/reports.js";
import type { Listener, Rooms } from "../connections/listener.js";
import type { Gap } from "./gap-filler.js";
import { TradeTape } from "./trade-tape.js";

/** The contract's number of trades in the acknowledgement of `subscribe`. */
export const SNAPSHOT_TRADES = 50;
const TRADES_HELD_MAX = 10_000;
const TRADES_IN_PACKET_MAX = 1_000;

export interface TradesSource {
  /** The newest trades of an asset, oldest first. */
  recentTrades(asset: string, tradesMax: number): Promise<PublicTrade[]>;
  /** What follows `after`, up to `upTo` or less, in order. */
  tradesAfter(asset: string, after: number, upTo: number): Promise<PublicTrade[]>;
}

/**
 * Channel `trades`: the last trades in the acknowledgement, then every later one, gapless by trade id. A tape moves
 * only in flush(), in the same step in which the room is told, so who joins between two flushes misses nothing.
 */
export class TradesChannel {
  readonly #tapes = new Map<string, { readonly asset: Asset; readonly tape: TradeTape }>();
  readonly #rooms: Rooms;
  readonly #source: TradesSource;
  readonly #changed = new Set<string>();

  constructor(assets: ReadonlyMap<string, Asset>, rooms: Rooms, source: TradesSource) {
    this.#rooms = rooms;
    this.#source = source;
    const limits = { recentMax: SNAPSHOT_TRADES, heldMax: TRADES_HELD_MAX };
    for (const [name, asset] of assets) this.#tapes.set(name, { asset, tape: new TradeTape(limits) });
  }

  /** Reads where each tape stands. Call it when live trades are already offered, so that none falls between. */
  async start(): Promise<void> {
    for (const [name, { tape }] of this.#tapes) {
      if (!tape.isStarted) tape.start(await this.#source.recentTrades(name, SNAPSHOT_TRADES));
      this.#changed.add(name);
    }
  }

  offer(asset: string, trades: readonly PublicTrade[]): void {
    if (trades.length === 0) return;
    this.#tapes.get(asset)?.tape.offer(trades);
    this.#changed.add(asset);
  }

  /** The asset has trades up to this id, wherever they are. */
  knowUpTo(asset: string, tradeId: number): void {
    this.#tapes.get(asset)?.tape.knowUpTo(tradeId);
  }

  /** Tells everybody what is new; true: there is more. `onTold` gets the time of the newest trade of each packet. */
  flush(onTold: (executedAtUs: number) => void): boolean {
    let hasMore = false;
    for (const name of this.#changed) {
      const entry = this.#tapes.get(name);
      const trades = entry?.tape.release(TRADES_IN_PACKET_MAX) ?? [];
      const last = trades.at(-1);
      if (entry === undefined || last === undefined) this.#changed.delete(name);
      else {
        hasMore ||= trades.length === TRADES_IN_PACKET_MAX;
        this.#rooms.send(roomOf(name), "trades", { asset: name, trades: trades.map((t) => tradeJson(t, entry.asset)) });
        onTold(last.executedAtUs);
      }
    }
    return hasMore;
  }

  /** Lets the listener in; returns the snapshot that its events continue. One synchronous step. */
  subscribe(listener: Listener, name: string): object {
    const entry = this.#tapes.get(name);
    invariant(entry !== undefined, `asset ${name} was checked before`);
    listener.join(roomOf(name));
    return { asset: name, trades: entry.tape.recent.map((trade) => tradeJson(trade, entry.asset)) };
  }

  unsubscribe(listener: Listener, name: string): void {
    listener.leave(roomOf(name));
  }

  gaps(): Gap[] {
    return [...this.#tapes].flatMap(([name, { tape }]) => {
      const hole = tape.hole();
      if (hole === null) return [];
      const fill = async () => this.offer(name, await this.#source.tradesAfter(name, hole.after, hole.upTo));
      return [{ key: roomOf(name), hole, fill }];
    });
  }
}

function roomOf(asset: string): string {
  return `trades:${asset}`;
}

function tradeJson(trade: PublicTrade, { tick, lot }: Asset): object {
  return {
    tradeId: trade.tradeId,
    price: formatPrice(trade.priceTicks, tick),
    quantity: formatDecimal(trade.quantityLots, lot),
    takerSide: trade.takerSide,
    executedAtUs: trade.executedAtUs,
  };
}
