-- What came of an asset's trades in each minute (UTC) that had some, written in the transaction of the trades. Longer candles,
-- and the flat ones of times without a trade, are made of these when they are read.
create table candles (
  asset text not null,
  open_at_ms bigint not null check (open_at_ms % 60000 = 0),
  open_ticks bigint not null,
  high_ticks bigint not null,
  low_ticks bigint not null,
  close_ticks bigint not null,
  -- Sums, which may be above 2^63: of quantity_lots, and of price_ticks * quantity_lots.
  volume_lots numeric not null,
  notional_tick_lots numeric not null,
  trade_count bigint not null,
  last_trade_id bigint not null,
  primary key (asset, open_at_ms)
) with (fillfactor = 70);

-- Those of the trades that are there.
insert into candles
  select m.asset, m.open_at_ms, first.price_ticks, m.high_ticks, m.low_ticks, last.price_ticks, m.volume_lots,
    m.notional_tick_lots, m.trade_count, m.last_trade_id
  from (select asset, executed_at_us / 60000000 * 60000 as open_at_ms, max(price_ticks) as high_ticks,
          min(price_ticks) as low_ticks, sum(quantity_lots) as volume_lots,
          sum(price_ticks::numeric * quantity_lots) as notional_tick_lots, count(*) as trade_count,
          min(trade_id) as first_trade_id, max(trade_id) as last_trade_id
        from trades group by asset, executed_at_us / 60000000) m
  join trades first on first.asset = m.asset and first.trade_id = m.first_trade_id
  join trades last on last.asset = m.asset and last.trade_id = m.last_trade_id;

select grant_to('bourse_trade_processing', 'select, insert, update on candles');
-- A candle that nobody has traded in for a while is over when all that was logged in its time is settled.
select grant_to('bourse_market_data_notifier', 'select on candles, consumer_positions');
select grant_to('bourse_reconciliation', 'select on candles');
select grant_to('bourse_operator', 'select on candles');
