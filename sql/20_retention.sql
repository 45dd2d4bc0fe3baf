-- Letting go of old days (npm run retention). A day is closed first: what later days need of it is kept, its sums are written,
-- and from then on nobody counts with its rows; all of it in one transaction. Then its parts are detached and dropped.

-- How far each asset's history is closed. Rows of commands, events and trades up to here are gone, but for what is kept.
create table closed_assets (
  asset text primary key,
  command_sequence bigint not null,
  sequenced_at_us bigint not null,
  log_id bigint not null,
  action_id bigint not null,
  event_sequence bigint not null,
  trade_id bigint not null,
  -- The minute of the last closed trade.
  candle_open_at_ms bigint not null
);
create table closed_accounts (
  account_id bigint primary key,
  account_sequence bigint not null
);

-- What the postings of a closed day sum up to, but for those of transfers, which are kept.
create table closing_sums (
  day date not null references history_days,
  account_id bigint not null,
  currency text not null,
  available numeric not null,
  held numeric not null,
  postings bigint not null,
  primary key (day, account_id, currency)
);
create trigger closing_sums_are_append_only before update or delete or truncate on closing_sums
  for each statement execute function refuse_change();

-- An engine's whole state, as a snapshot holds it: with it and the commands after it, which are never closed before a later
-- state is here, an engine can be made of Postgres alone.
create table engine_anchors (
  asset text primary key,
  command_sequence bigint not null,
  event_sequence bigint not null,
  engine bytea not null,
  stored_at timestamptz not null default now()
);

-- The last day that is closed; before all days: none.
create function closed_through() returns date language sql stable as
  $$ select coalesce(max(day), '-infinity') from public.history_days where closed_at is not null $$;

-- Why a day can't be closed now; null: it can.
create function why_not_closed(about date) returns text language plpgsql as $$
declare
  last record;
begin
  if about >= (select day from writing_day) then
    return 'rows are still written into it';
  end if;
  if exists (select from history_days where day < about and closed_at is null) then
    return 'an earlier day is not closed';
  end if;
  for last in execute format('select asset, max(command_sequence) as command, max(sequenced_at_us) as at_us
      from %I group by asset order by asset', part_of('order_log', about)) loop
    if not exists (select from consumer_positions p where p.asset = last.asset and p.service = 'trade-processing'
        and p.command_sequence >= last.command) then
      return format('%s is not settled through command %s', last.asset, last.command);
    end if;
    if not exists (select from reconciled_assets r where r.asset = last.asset
        and least(r.command_sequence, r.settled_command_sequence) >= last.command) then
      return format('reconciliation has not looked at %s through command %s; is the service running?', last.asset, last.command);
    end if;
    if not exists (select from engine_anchors a where a.asset = last.asset and a.command_sequence >= last.command) then
      return format('no state of %s''s engine at command %s or later is stored', last.asset, last.command);
    end if;
  end loop;
  if exists (select from reconciliation_differences where resolved_at is null) then
    return 'reconciliation has found differences that are not resolved (docs/operations.md, When books differ)';
  end if;
  return null;
end $$;

-- Closes the day. Raises BX012, with the reason, where it can't be closed. Runs as the tables' owner.
create function close_history_day(about date) returns void language plpgsql as $$
declare
  why text;
  whole text;
  part text;
  wanted text;
  others text;
begin
  foreach whole in array history_tables() loop
    execute format('lock table %I in share row exclusive mode', part_of(whole, about));
  end loop;
  why := why_not_closed(about);
  if why is not null then
    raise exception '%: %', about, why using errcode = 'BX012';
  end if;

  -- Orders that go on after this day, of those that are anywhere in it or were kept before.
  execute format($sql$
    create temporary table going_on on commit drop as
    with seen as (
      select asset, case kind when 'new' then log_id else order_id end as order_id from %1$I where kind in ('new', 'replace')
      union select asset, order_id from %2$I where side is not null
      union select asset, case kind when 'new' then log_id else order_id end from order_log_kept where kind in ('new', 'replace')
      except select asset, order_id from %3$I
    )
    select s.asset, s.order_id from seen s
    where exists (select from orders o where o.asset = s.asset and o.order_id = s.order_id and o.day > %4$L)
  $sql$, part_of('order_log', about), part_of('execution_reports', about), part_of('orders', about), about);
  analyze going_on;

  execute format($sql$
    insert into closed_assets
    select l.asset, max(l.command_sequence), max(l.sequenced_at_us), coalesce(max(l.log_id), 0), coalesce(max(l.action_id), 0), 0, 0, 0
    from %1$I l group by l.asset
    on conflict (asset) do update set command_sequence = excluded.command_sequence, sequenced_at_us = excluded.sequenced_at_us,
      log_id = greatest(closed_assets.log_id, excluded.log_id), action_id = greatest(closed_assets.action_id, excluded.action_id)
  $sql$, part_of('order_log', about));
  execute format($sql$
    insert into closed_assets
    select e.asset, 0, 0, 0, 0, max(e.event_sequence), max(e.trade_id), max(e.at_us) / 60000000 * 60000
    from (select asset, event_sequence, 0 as trade_id, 0 as at_us from %1$I
          union all select asset, event_sequence, trade_id, executed_at_us from %2$I
          union all select source, sequence, 0, 0 from %3$I where kind in ('trade', 'release')) e group by e.asset
    on conflict (asset) do update set event_sequence = greatest(closed_assets.event_sequence, excluded.event_sequence),
      trade_id = greatest(closed_assets.trade_id, excluded.trade_id),
      candle_open_at_ms = greatest(closed_assets.candle_open_at_ms, excluded.candle_open_at_ms)
  $sql$, part_of('execution_reports', about), part_of('trades', about), part_of('ledger_entries', about));
  execute format($sql$
    insert into closed_accounts select account_id, max(account_sequence) from %I group by account_id
    on conflict (account_id) do update set account_sequence = excluded.account_sequence
  $sql$, part_of('execution_reports', about));
  execute format($sql$
    insert into closing_sums
    select %L, account_id, currency, sum(available_change), sum(held_change), count(*) from %I
    where source <> 'transfers' group by account_id, currency
  $sql$, about, part_of('ledger_entries', about));

  -- What was kept for orders that have ended on this day goes with it.
  alter table order_log_kept disable trigger append_only;
  alter table execution_reports_kept disable trigger append_only;
  alter table trades_kept disable trigger append_only;
  delete from order_log_kept k where kind in ('new', 'replace') and not exists (select from going_on g
    where g.asset = k.asset and g.order_id = case k.kind when 'new' then k.log_id else k.order_id end);
  delete from execution_reports_kept k where not exists (select from going_on g
    where g.asset = k.asset and g.order_id = k.order_id);
  delete from trades_kept k where not exists (select from going_on g
    where g.asset = k.asset and g.order_id in (k.maker_order_id, k.taker_order_id));
  alter table order_log_kept enable trigger append_only;
  alter table execution_reports_kept enable trigger append_only;
  alter table trades_kept enable trigger append_only;

  foreach whole in array array['order_log', 'execution_reports', 'trades', 'ledger_entries'] loop
    part := part_of(whole, about);
    wanted := case whole
      when 'order_log' then $sql$p.kind in ('set_rules', 'set_asset_state') or p.kind in ('new', 'replace') and exists (
        select from going_on g where g.asset = p.asset and g.order_id = case p.kind when 'new' then p.log_id else p.order_id end)$sql$
      when 'execution_reports' then
        'p.side is not null and exists (select from going_on g where g.asset = p.asset and g.order_id = p.order_id)'
      when 'trades' then $sql$exists (
        select from going_on g where g.asset = p.asset and g.order_id in (p.maker_order_id, p.taker_order_id))$sql$
      else $sql$p.source = 'transfers'$sql$ end;
    select string_agg(quote_ident(attname), ', ' order by attnum) into others from pg_attribute
      where attrelid = part::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attname <> 'day';
    execute format('alter table %I disable trigger user', part);
    execute format('with moved as (delete from %I p where %s returning *)
      insert into %I (%s, day) select %s, ''-infinity'' from moved', part, wanted, whole || '_kept', others, others);
    execute format('alter table %I enable trigger user', part);
  end loop;
  update history_days set closed_at = now() where day = about;
end $$;

-- Why the detached postings of a closed day can't be dropped; null: they are what its closing sums say.
create function why_not_dropped(about date) returns text language plpgsql as $$
declare
  differing bigint;
begin
  if not exists (select from history_days where day = about and closed_at is not null) then
    return 'it is not closed';
  end if;
  if to_regclass('public.' || part_of('ledger_entries', about)) is null then
    return null;
  end if;
  execute format($sql$
    select count(*) from (select * from closing_sums where day = %1$L) s full join
      (select account_id, currency, sum(available_change) as available, sum(held_change) as held, count(*) as postings
       from %2$I group by account_id, currency) p
      on p.account_id = s.account_id and p.currency = s.currency
    where (s.available, s.held, s.postings) is distinct from (p.available, p.held, p.postings)
  $sql$, about, part_of('ledger_entries', about)) into differing;
  return case when differing > 0 then format('%s of its closing sums are not those of its postings', differing) end;
end $$;

revoke execute on function close_history_day(date) from public;
select grant_to(r, 'select on closed_assets, closed_accounts, closing_sums')
  from unnest(array['bourse_operator', 'bourse_reconciliation']) as r;
select grant_to('bourse_operator', 'select on engine_anchors');
select grant_to('bourse_order_processing', 'select on closed_assets');
select grant_to(r, 'select on closed_accounts') from unnest(array['bourse_market_data_notifier', 'bourse_gateway']) as r;
select grant_to('bourse_matching_engine', 'select on engine_anchors');
