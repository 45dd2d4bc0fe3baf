import type { Database } from "../database/database.js";
import type { Asset } from "../domain/assets.js";
import type { DepthBooks } from "../market-data/depth-books.js";
import type { Logger } from "../process/log.js";
import { BalancesChannel } from "./balances-channel.js";
import { BalancesStore } from "./balances-store.js";
import { CandlesChannel, type CandlesChannelOptions } from "./candles-channel.js";
import { CandlesStore } from "./candles-store.js";
import type { CatchUpLimits } from "./catch-ups.js";
import type { Channel } from "./channel.js";
import type { ChannelMetrics } from "./channel-metrics.js";
import { DepthChannel } from "./depth-channel.js";
import type { KeptBytes } from "./kept-bytes.js";
import type { Rooms } from "./listener.js";
import { OrdersChannel } from "./orders-channel.js";
import { OrdersStore } from "./orders-store.js";
import { StatusChannel } from "./status-channel.js";
import { StatusStore } from "./status-store.js";
import { TickerChannel } from "./ticker-channel.js";
import { TradesChannel } from "./trades-channel.js";
import { TradesStore } from "./trades-store.js";

/** What channels are made of. */
export interface ChannelParts {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly rooms: Rooms;
  readonly database: Database;
  /** What the assets' books show; a channel that needs their best levels asks them. */
  readonly books: DepthBooks;
  readonly kept: KeptBytes;
  readonly limits: CatchUpLimits & {
    /** How long a hole in a sequence may take to close by itself, before it is filled from Postgres. */
    readonly holeWaitMs: number;
  };
  /** The wall clock, in milliseconds. */
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly metrics: ChannelMetrics;
  readonly renderCandle?: NonNullable<CandlesChannelOptions["renderCandle"]>;
}

/** All channels: a new one is a file beside this one, and a line here. */
export function allChannels(parts: ChannelParts): readonly Channel[] {
  return channelsOf(parts).all;
}

/** The same, and those of the market by their names, for who answers questions beside. */
export function channelsOf(parts: ChannelParts) {
  const { assets, database } = parts;
  const stored = new CandlesStore(database);
  const candles = new CandlesChannel({ ...parts, source: stored });
  const ticker = new TickerChannel({ ...parts, source: stored });
  const trades = new TradesChannel({
    ...parts,
    source: new TradesStore(database, assets),
    followers: [ticker, candles],
  });
  const status = new StatusChannel({ ...parts, source: new StatusStore(database, assets) });
  const all: readonly Channel[] = [
    trades, // before those that follow it, so that one flush tells of a trade everywhere
    new DepthChannel(parts), // before those that look at its books
    ticker,
    candles,
    status,
    new OrdersChannel({ ...parts, source: new OrdersStore(database, assets) }),
    new BalancesChannel({ ...parts, source: new BalancesStore(database) }),
  ];
  return { all, trades, ticker, status };
}
