/** Settlement's statement about candles: one row for each minute in which the batch has trades. */
import { columns } from "../shared/database/columns.js";
import type { Statement } from "../shared/database/database.js";
import { type CandleTrade, foldTrades, MINUTE_MS } from "../shared/domain/candles.js";

interface AssetTrades {
  readonly asset: string;
  readonly trades: readonly CandleTrade[];
}

/** Adds the trades to their candles. Exact only beside the position: a batch is added once. */
export function addToCandles(settlements: readonly AssetTrades[]): Statement {
  const rows = settlements.flatMap(({ asset, trades }) =>
    foldTrades(trades, MINUTE_MS).map((candle) => ({ asset, candle })),
  );
  return {
    name: "add_to_candles",
    text: `insert into candles as c (asset, open_at_ms, open_ticks, high_ticks, low_ticks, close_ticks, volume_lots,
        notional_tick_lots, trade_count, last_trade_id)
      select asset, open_at_ms, open_ticks, high_ticks, low_ticks, close_ticks, volume::numeric, notional::numeric, count, last
      from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::text[],
        $9::bigint[], $10::bigint[])
        as t(asset, open_at_ms, open_ticks, high_ticks, low_ticks, close_ticks, volume, notional, count, last)
      on conflict (asset, open_at_ms) do update set high_ticks = greatest(c.high_ticks, excluded.high_ticks),
        low_ticks = least(c.low_ticks, excluded.low_ticks), close_ticks = excluded.close_ticks,
        volume_lots = c.volume_lots + excluded.volume_lots,
        notional_tick_lots = c.notional_tick_lots + excluded.notional_tick_lots,
        trade_count = c.trade_count + excluded.trade_count, last_trade_id = excluded.last_trade_id`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ candle }) => candle.openAtMs,
      ({ candle }) => candle.openTicks,
      ({ candle }) => candle.highTicks,
      ({ candle }) => candle.lowTicks,
      ({ candle }) => candle.closeTicks,
      ({ candle }) => String(candle.volumeLots),
      ({ candle }) => String(candle.notionalTickLots),
      ({ candle }) => candle.tradeCount,
      ({ candle }) => candle.lastTradeId,
    ),
  };
}
