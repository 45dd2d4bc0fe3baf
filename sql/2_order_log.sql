-- Where each service stands in each asset's input. A position moves in the transaction that writes what came of the
-- input, and only from the value that its writer knows.
create table consumer_positions (
  service text not null,
  asset text not null,
  -- The service's own measure: the last log id (order-processing), the last event sequence (trade-processing).
  sequence bigint not null,
  -- The message it was in: where reading goes on.
  stream_sequence bigint not null,
  -- The last command that this service is done with: the distance between two services is what lies between them.
  command_sequence bigint not null,
  primary key (service, asset)
) with (fillfactor = 20);

-- Raises BX001 when a position is not where its writer left it: another writer has the asset.
create function take_positions(
  service_name text, asset_names text[], expected bigint[], reached bigint[], stream_sequences bigint[],
  command_sequences bigint[]
) returns void language plpgsql as $$
declare
  moved bigint;
begin
  insert into consumer_positions (service, asset, sequence, stream_sequence, command_sequence)
    select service_name, t.asset, 0, 0, 0 from unnest(asset_names) as t(asset)
    on conflict do nothing;
  perform 1 from consumer_positions
    where service = service_name and asset = any(asset_names) order by asset for update;
  update consumer_positions p
    set sequence = t.reached, stream_sequence = t.stream_sequence, command_sequence = t.command_sequence
    from unnest(asset_names, expected, reached, stream_sequences, command_sequences)
      as t(asset, expected, reached, stream_sequence, command_sequence)
    where p.service = service_name and p.asset = t.asset and p.sequence = t.expected;
  get diagnostics moved = row_count;
  if moved <> cardinality(asset_names) then
    raise exception 'the position of % in one of % is not where it was left', service_name, asset_names
      using errcode = 'BX001';
  end if;
end $$;

-- Everything an engine is told, in the order in which it is told: each client request of the log, as it came and
-- whether it was refused. Append-only. The engine's commands can be rebuilt from it.
create table order_log (
  asset text not null,
  command_sequence bigint not null,
  -- The request's place in the log; a new order's order id. Null where no client asked.
  log_id bigint,
  account_id bigint not null,
  kind text not null check (kind in ('new', 'cancel', 'replace', 'cancel_all', 'set_asset_state', 'advance_clock')),
  -- The order's own id; for a cancel, the id that named the order.
  client_order_id text,
  -- The order that a cancel or a replace is about.
  order_id bigint,
  side text,
  type text,
  time_in_force text,
  quantity_lots bigint,
  price_ticks bigint,
  stop_price_ticks bigint,
  display_lots bigint,
  minimum_lots bigint,
  quote_budget_units bigint,
  expires_at_ms bigint,
  post_only boolean,
  self_trade_prevention text,
  asset_state text,
  -- Why order-processing refused it; null: it was passed on.
  refused text,
  -- With duplicate_client_order_id: the order that used it first.
  first_order_id bigint,
  received_at_us bigint not null,
  sequenced_at_us bigint not null,
  primary key (asset, command_sequence)
);
create unique index order_log_log_id on order_log (asset, log_id) where log_id is not null;

-- A client order id is its account's for ever, over all assets.
create unique index order_log_client_order_id on order_log (account_id, client_order_id)
  where client_order_id is not null and kind in ('new', 'replace') and refused is distinct from 'duplicate_client_order_id';

-- The next moment at which an order is to expire.
create index order_log_expiry on order_log (asset, expires_at_ms) where time_in_force = 'GTD' and refused is null;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end $$;
create trigger order_log_is_append_only before update or delete or truncate on order_log
  for each statement execute function refuse_change();
