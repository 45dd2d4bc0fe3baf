import type { Database } from "../database/database.js";
import { type Candle, type Close, carryCandles } from "../domain/candles.js";
import type { CandleHistory } from "../market-data/candle-series.js";
import type { CandleRange, CandlesSource } from "./candles-channel.js";
import type { TickerSource } from "./ticker-channel.js";

/** The minutes of a range, rolled up: $1 is the asset, $2 the interval, $3 and $4 the range. */
const ROLLED_UP = `select r.open_at_ms as "openAtMs", first.open_ticks as "openTicks", high_ticks as "highTicks",
    low_ticks as "lowTicks", last.close_ticks as "closeTicks", volume_lots::text as "volumeLots",
    notional_tick_lots::text as "notionalTickLots", r.trade_count as "tradeCount", last.last_trade_id as "lastTradeId"
  from (select open_at_ms - open_at_ms % $2::bigint as open_at_ms, min(open_at_ms) as first_ms, max(open_at_ms) as last_ms,
      max(high_ticks) as high_ticks, min(low_ticks) as low_ticks, sum(volume_lots) as volume_lots,
      sum(notional_tick_lots) as notional_tick_lots, sum(trade_count)::bigint as trade_count
    from candles where asset = $1 and open_at_ms >= $3 and open_at_ms < $4 group by 1) r
  join lateral (select open_ticks from candles where asset = $1 and open_at_ms = first_ms limit 1) first on true
  join lateral (select close_ticks, last_trade_id from candles where asset = $1 and open_at_ms = last_ms limit 1) last on true
  order by r.open_at_ms`;

const EARLIER = `select close_ticks as "closeTicks", last_trade_id as "lastTradeId" from candles
  where asset = $1 and open_at_ms < $2 order by open_at_ms desc limit 1`;

/** The assets of which every command in the log is settled, with their last trades. */
const SETTLED = `select o.asset, coalesce((select last_trade_id from candles c where c.asset = o.asset
    order by open_at_ms desc limit 1), 0) as "lastTradeId"
  from consumer_positions o join consumer_positions s
    on s.asset = o.asset and s.service = 'trade-processing' and s.command_sequence >= o.command_sequence
  where o.service = 'order-processing' and o.asset = any($1::text[])`;

const MINUTES = `select open_at_ms as "openAtMs", open_ticks as "openTicks", high_ticks as "highTicks", low_ticks as "lowTicks",
    close_ticks as "closeTicks", volume_lots::text as "volumeLots", notional_tick_lots::text as "notionalTickLots",
    trade_count as "tradeCount", last_trade_id as "lastTradeId"
  from candles where asset = $1 and open_at_ms >= $2 order by open_at_ms`;

type CandleRow = Omit<Candle, "volumeLots" | "notionalTickLots"> & {
  readonly volumeLots: string;
  readonly notionalTickLots: string;
};

/** Reads candles from Postgres for the channels `candles` and `ticker`. */
export class CandlesStore implements CandlesSource, TickerSource {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async candlesIn(asset: string, { fromMs, throughMs, beforeMs, intervalMs }: CandleRange): Promise<CandleHistory> {
    const [rows, [earlier = null]] = await Promise.all([
      this.#database.query<CandleRow>(ROLLED_UP, [asset, intervalMs, fromMs, beforeMs]),
      this.#database.query<Close>(EARLIER, [asset, fromMs]),
    ]);
    return {
      candles: carryCandles(rows.map(candleOf), earlier, { fromMs, throughMs, intervalMs }),
      hasEarlier: earlier !== null,
    };
  }

  async lastTrade(asset: string): Promise<Close | null> {
    const [last = null] = await this.#database.query<Close>(EARLIER, [asset, Number.MAX_SAFE_INTEGER]);
    return last;
  }

  async minutesSince(asset: string, fromMs: number): Promise<Candle[]> {
    return (await this.#database.query<CandleRow>(MINUTES, [asset, fromMs])).map(candleOf);
  }

  async settledTrades(assets: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.query<{ asset: string; lastTradeId: number }>(SETTLED, [assets]);
    return new Map(rows.map(({ asset, lastTradeId }) => [asset, lastTradeId]));
  }
}

function candleOf({ volumeLots, notionalTickLots, ...row }: CandleRow): Candle {
  return { ...row, volumeLots: BigInt(volumeLots), notionalTickLots: BigInt(notionalTickLots) };
}
