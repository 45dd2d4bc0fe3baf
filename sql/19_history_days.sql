-- Years of data: what grows with every order stands in a part for each day, so that old days can be let go of as a whole.
-- `day` is the day on which a row was written (UTC); beside the days, three parts have no end of their own:
--   day = '-infinity'  rows that outlive their day (…_kept): transfers' postings, and what orders still open are made of
--   day = 'infinity'   open orders (orders_open); an order moves to the day on which it ends
-- A key has the day in it, since each part has an index of its own. That nothing is there twice is ensured by the fences that
-- every writer passes first (take_positions, and the rows of account_sequences); docs/arch.md says how.

-- The days that have parts. Rows go into the newest one that is not in the future, so no insert ever waits for a part.
create table history_days (
  day date primary key,
  -- When its sums were written: nothing is written into it any more.
  closed_at timestamptz,
  -- When its parts were dropped.
  dropped_at timestamptz check (dropped_at is null or closed_at is not null)
);

create view writing_day as select coalesce(
  (select day from history_days where closed_at is null and day <= (now() at time zone 'UTC')::date
   order by day desc limit 1),
  (select day from history_days where closed_at is null order by day limit 1)) as day;

-- For single rows; statements of many rows read the view, once.
create function writing_day() returns date language sql stable as 'select day from public.writing_day';

create function history_tables() returns text[] language sql immutable
  return array['order_log', 'trades', 'execution_reports', 'ledger_entries', 'orders'];

create function part_of(table_name text, day date) returns text language sql immutable
  return table_name || '_d' || to_char(day, 'YYYYMMDD');

-- What there was becomes the part of this day, and of all before it: rows that are written today join it.
do $$
declare
  today date := (now() at time zone 'UTC')::date;
  whole text;
  part text;
  item record;
begin
  drop trigger entries_are_balanced on ledger_entries;
  insert into history_days (day) values (today);
  foreach whole in array history_tables() loop
    part := part_of(whole, today);
    execute format('alter table %I rename to %I', whole, part);
    execute format('alter table %I add column day date not null default %L', part, today);
    for item in select conname as name from pg_constraint where conrelid = part::regclass and contype = 'p' loop
      execute format('alter table %I drop constraint %I', part, item.name);
    end loop;
    for item in select relname as name from pg_class join pg_index on indexrelid = oid where indrelid = part::regclass loop
      execute format('alter index %I rename to %I', item.name, replace(item.name, whole, part));
    end loop;
    for item in select conname as name from pg_constraint where conrelid = part::regclass and not convalidated loop
      execute format('alter table %I validate constraint %I', part, item.name);
    end loop;
    -- Keys without the day, whose like is made below.
    for item in select relname as name from pg_class join pg_index on indexrelid = oid
        where indrelid = part::regclass and indisunique loop
      execute format('drop index %I', item.name);
    end loop;
    execute format('create table %I (like %I including defaults including constraints including generated
      including comments including storage) partition by range (day)', whole, part);
    execute format('alter table %I alter column day set default %s', whole,
      case whole when 'orders' then '''infinity''' else 'writing_day()' end);
  end loop;
end $$;

alter table order_log
  add primary key (asset, command_sequence, day),
  add foreign key (action_id) references actions;
create unique index order_log_log_id on order_log (asset, log_id, day) where log_id is not null;
create unique index order_log_action on order_log (asset, action_id, account_id, day) where action_id is not null;
create index order_log_expiry on order_log (asset, expires_at_ms) where time_in_force = 'GTD' and refused is null;
create index order_log_replaces on order_log (asset, order_id, command_sequence) where kind = 'replace' and refused is null;
create index order_log_refused_replaces on order_log (asset, order_id) where kind = 'replace' and refused is not null;
create index order_log_rules on order_log (asset, command_sequence) where kind = 'set_rules';
alter table trades add primary key (asset, trade_id, day);
alter table execution_reports add primary key (account_id, account_sequence, day);
create index execution_reports_order on execution_reports (order_id);
create index execution_reports_event on execution_reports using brin (event_sequence int8_minmax_multi_ops)
  with (pages_per_range = 32, autosummarize = on);
alter table ledger_entries add primary key (source, kind, sequence, account_id, currency, day);
alter table orders add primary key (asset, order_id, day);
create index orders_open_of_account on orders (account_id, asset, order_id)
  where status in ('open', 'partially_filled', 'pending_trigger');

-- An order that can still trade is never let go of with a day.
alter table orders add constraint orders_day_is_that_of_their_end
  check ((day = 'infinity') = (status in ('open', 'partially_filled', 'pending_trigger')));

create trigger order_log_is_append_only before update or delete or truncate on order_log
  for each statement execute function refuse_change();
create trigger trades_are_append_only before update or delete or truncate on trades
  for each statement execute function refuse_change();
create trigger reports_are_append_only before update or delete or truncate on execution_reports
  for each statement execute function refuse_change();
create trigger ledger_is_append_only before update or delete or truncate on ledger_entries
  for each statement execute function refuse_change();
create trigger entries_are_balanced after insert on ledger_entries referencing new table as inserted
  for each statement execute function refuse_unbalanced_entries();

-- Makes an empty part like its whole, which is attached without keeping anybody waiting for longer than that takes.
create function make_part(whole text, part text, from_day date, to_day date) returns void language plpgsql as $$
begin
  execute format('create table public.%I (like public.%I including all)', part, whole);
  execute format('alter table public.%I attach partition public.%I for values from (%s) to (%s)', whole, part,
    case from_day when '-infinity' then 'minvalue' else quote_literal(from_day) end,
    case to_day when 'infinity' then 'maxvalue' else quote_literal(to_day) end);
  -- Whoever names a part directly is refused, too.
  if whole <> 'orders' then
    execute format('create trigger append_only before update or delete or truncate on public.%I
      for each statement execute function public.refuse_change()', part);
  end if;
end $$;

do $$
declare
  today date := (select day from history_days);
  whole text;
  part text;
  others text := (select string_agg(quote_ident(attname), ', ') from pg_attribute
    where attrelid = 'orders'::regclass and attnum > 0 and attname <> 'day');
begin
  foreach whole in array history_tables() loop
    part := part_of(whole, today);
    if whole = 'orders' then
      create table orders_open (like orders including all) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
      execute format('with moved as (delete from %I where status in (''open'', ''partially_filled'', ''pending_trigger'')
        returning *) insert into orders_open (%s, day) select %s, ''infinity'' from moved', part, others, others);
      execute format('alter table %I add constraint orders_day_is_that_of_their_end
        check ((day = ''infinity'') = (status in (''open'', ''partially_filled'', ''pending_trigger'')))', part);
      alter table orders attach partition orders_open for values from ('infinity') to (maxvalue);
    else
      perform make_part(whole, whole || '_kept', '-infinity', '0001-01-01');
    end if;
    execute format('alter table %I attach partition %I for values from (''0001-01-01'') to (%L)', whole, part, today + 1);
  end loop;
end $$;

-- Makes parts for the days to come, one day at a call, nearest first, until there are as many ahead. Returns whether it has
-- made one. Runs as the tables' owner, for whoever may call it; two calls at once make one day each, or one waits.
create function make_history_day(days_ahead integer) returns boolean language plpgsql
  security definer set search_path = public, pg_temp set lock_timeout = '3s' as $$
declare
  today date := (now() at time zone 'UTC')::date;
  missing date;
  whole text;
begin
  perform pg_advisory_xact_lock('history_days'::regclass::oid::bigint);
  select d::date into missing from generate_series(today, today + least(days_ahead, 366), interval '1 day') d
    where not exists (select from history_days h where h.day = d::date)
      and d::date > (select max(day) from history_days
        where closed_at is not null or day = (select min(day) from history_days))
    order by d limit 1;
  if missing is null then
    return false;
  end if;
  foreach whole in array history_tables() loop
    perform make_part(whole, part_of(whole, missing), missing, missing + 1);
  end loop;
  insert into history_days (day) values (missing);
  return true;
end $$;
revoke execute on function make_history_day(integer), make_part(text, text, date, date) from public;

create or replace function book_transfer(
  transfer_kind text, account bigint, transfer_currency text, transfer_units bigint, transfer_reference text, actor text
) returns bigint language plpgsql as $$
declare
  booked transfers;
  signed bigint := case transfer_kind when 'deposit' then transfer_units else -transfer_units end;
  now_us bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
  clearing bigint := (select account_id from accounts where name = 'exchange:clearing');
begin
  insert into transfers (kind, account_id, currency, units, reference, made_by)
    values (transfer_kind, account, transfer_currency, transfer_units, transfer_reference, actor)
    on conflict (reference) do nothing returning * into booked;
  if not found then
    select * into booked from transfers where reference = transfer_reference;
    if (booked.kind, booked.account_id, booked.currency, booked.units)
       <> (transfer_kind, account, transfer_currency, transfer_units) then
      raise exception 'the reference % was used for another transfer', transfer_reference using errcode = 'BX004';
    end if;
    return booked.transfer_id;
  end if;
  update balances set available = available + signed
    where account_id = account and currency = transfer_currency and available + signed >= 0;
  if not found then
    raise exception 'the account has less than % units of % available', transfer_units, transfer_currency
      using errcode = 'BX003';
  end if;
  insert into ledger_entries (source, kind, sequence, account_id, currency, available_change, held_change, at_us, day) values
    ('transfers', transfer_kind, booked.transfer_id, account, transfer_currency, signed, 0, now_us, '-infinity'),
    ('transfers', transfer_kind, booked.transfer_id, clearing, transfer_currency, -signed, 0, now_us, '-infinity');
  return booked.transfer_id;
end $$;

drop function take_positions(text, text[], bigint[], bigint[], bigint[], bigint[], bigint[]);
-- Raises BX001 when a position is not where its writer left it: another writer has the asset. expected_commands is null
-- where the sequence alone says so; commands that no request asked for don't move it, and are fenced by their own numbers.
create function take_positions(
  service_name text, asset_names text[], expected bigint[], reached bigint[], stream_sequences bigint[],
  expected_commands bigint[], command_sequences bigint[], hold_command_sequences bigint[]
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
    set sequence = t.reached, stream_sequence = t.stream_sequence, command_sequence = t.command_sequence,
      hold_command_sequence = t.hold_command_sequence
    from unnest(asset_names, expected, reached, stream_sequences, expected_commands, command_sequences,
        hold_command_sequences)
      as t(asset, expected, reached, stream_sequence, expected_command, command_sequence, hold_command_sequence)
    where p.service = service_name and p.asset = t.asset and p.sequence = t.expected
      and (t.expected_command is null or p.command_sequence = t.expected_command);
  get diagnostics moved = row_count;
  if moved <> cardinality(asset_names) then
    raise exception 'the position of % in one of % is not where it was left', service_name, asset_names
      using errcode = 'BX001';
  end if;
end $$;

-- As before, on the wholes; parts are reached through them only.
select grant_to('bourse_order_handler', 'select (asset, open_at_ms, close_ticks) on candles');
select grant_to('bourse_order_processing', p) from unnest(array[
  'select, insert on order_log',
  'insert on ledger_entries',
  'select on orders, writing_day, history_days',
  'select (asset, open_at_ms, close_ticks) on candles',
  'execute on function make_history_day(integer)'
]) as p;
select grant_to('bourse_trade_processing', p) from unnest(array[
  'insert on trades, execution_reports, ledger_entries',
  'select, insert, update on orders',
  'select (asset, log_id, command_sequence, action_id, quote_budget_units, day) on order_log',
  'select on writing_day'
]) as p;
select grant_to('bourse_market_data_notifier', p) from unnest(array[
  'select on orders, execution_reports',
  'select (asset, trade_id, price_ticks, quantity_lots, taker_side, executed_at_us) on trades'
]) as p;
select grant_to('bourse_gateway', p) from unnest(array[
  'select on orders, execution_reports, ledger_entries',
  'select (asset, trade_id, price_ticks, quantity_lots, taker_side, executed_at_us) on trades'
]) as p;
select grant_to('bourse_matching_engine', 'select on order_log');
select grant_to('bourse_reconciliation',
  'select on order_log, orders, trades, execution_reports, ledger_entries, history_days');
select grant_to('bourse_operator', p) from unnest(array[
  'select on order_log, orders, trades, execution_reports, ledger_entries, history_days, writing_day',
  'insert on ledger_entries'
]) as p;
