-- One row an order: its state after the last settled batch.
create table orders (
  asset text not null,
  order_id bigint not null,
  account_id bigint not null,
  client_order_id text,
  side text not null check (side in ('buy', 'sell')),
  type text not null,
  time_in_force text not null,
  price_ticks bigint,
  stop_price_ticks bigint,
  -- The total, fills included; null for a market buy by quote budget.
  quantity_lots bigint,
  filled_lots bigint not null check (filled_lots >= 0),
  leaves_lots bigint check (leaves_lots >= 0),
  status text not null,
  received_at_us bigint not null,
  updated_at_us bigint not null,
  primary key (asset, order_id)
) with (fillfactor = 70);
create index orders_open on orders (account_id, asset, order_id)
  where status in ('open', 'partially_filled', 'pending_trigger');

create table trades (
  asset text not null,
  -- Gapless per asset, from 1.
  trade_id bigint not null,
  event_sequence bigint not null,
  maker_order_id bigint not null,
  taker_order_id bigint not null,
  maker_account_id bigint not null,
  taker_account_id bigint not null,
  price_ticks bigint not null check (price_ticks > 0),
  quantity_lots bigint not null check (quantity_lots > 0),
  taker_side text not null check (taker_side in ('buy', 'sell')),
  executed_at_us bigint not null,
  primary key (asset, trade_id)
);

-- What each account was told, in its own order: account_sequence is gapless per account, from 1.
create table execution_reports (
  account_id bigint not null,
  account_sequence bigint not null,
  asset text not null,
  event_sequence bigint not null,
  event text not null,
  status text not null,
  order_id bigint,
  client_order_id text,
  side text,
  type text,
  time_in_force text,
  price_ticks bigint,
  quantity_lots bigint,
  filled_lots bigint not null,
  leaves_lots bigint,
  trade_id bigint,
  last_price_ticks bigint,
  last_quantity_lots bigint,
  liquidity text,
  reason text,
  received_at_us bigint not null,
  matched_at_us bigint not null,
  primary key (account_id, account_sequence)
);

create trigger trades_are_append_only before update or delete or truncate on trades
  for each statement execute function refuse_change();
create trigger reports_are_append_only before update or delete or truncate on execution_reports
  for each statement execute function refuse_change();
