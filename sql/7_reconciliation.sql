-- What reconciliation has verified, and what it has found. All of it can be emptied: then it begins anew.

-- How far each asset is verified: everything through here is as it must be.
create table reconciled_assets (
  asset text primary key,
  command_sequence bigint not null,
  -- Through this command, trade-processing was done with them; what comes after is looked at again.
  settled_command_sequence bigint not null,
  event_sequence bigint not null,
  trade_id bigint not null,
  -- The event that the last compared snapshot of an engine stands for.
  book_event_sequence bigint not null default 0
);

create table reconciled_accounts (
  account_id bigint primary key,
  account_sequence bigint not null
);

-- What the postings through there sum up to. Of the clearing account, too.
create table reconciled_balances (
  account_id bigint not null,
  currency text not null,
  available numeric not null,
  held numeric not null,
  primary key (account_id, currency)
);

-- One row. Transfers don't commit in the order of their ids: those through this one are old enough to be all there.
create table reconciliation_progress (
  is_only boolean primary key default true check (is_only),
  transfer_id bigint not null default 0,
  -- Where the next part of old history begins (src/reconciliation/rotation.ts).
  rotation jsonb
);

create table reconciliation_differences (
  difference_id bigint generated always as identity primary key,
  rule text not null,
  table_name text not null,
  key jsonb not null,
  column_name text not null,
  found text,
  expected text,
  -- Table and key of the row that the expected value comes from: either of the two may be the wrong one.
  source jsonb not null,
  -- What was halted for it.
  assets text[] not null,
  -- What is looked at again until it is right.
  found_in jsonb not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  resolved_at timestamptz
);
create unique index reconciliation_differences_open on reconciliation_differences (rule, table_name, key, column_name)
  where resolved_at is null;

-- All that an order's owner was told, and everybody's reports of a range of events. The first costs settlement an entry
-- at the end of an index for each report, the second next to nothing: one entry for many pages.
create index execution_reports_order on execution_reports (order_id);
create index execution_reports_event on execution_reports using brin (event_sequence int8_minmax_multi_ops)
  with (pages_per_range = 32, autosummarize = on);
-- The other replaces of an order are in order_log_replaces.
create index order_log_refused_replaces on order_log (asset, order_id) where kind = 'replace' and refused is not null;

-- All that reconciliation may do to trading. With the rights of the tables' owner: it may not say anything else in actions.
create function halt_for_difference(about_asset text, reason text) returns bigint language sql
  security definer set search_path = public, pg_temp as $$
  select set_asset_state(about_asset, 'halted', 'reconciliation', reason);
$$;
revoke execute on function halt_for_difference(text, text) from public;

do $$
begin
  if not exists (select from pg_roles where rolname = 'bourse_reconciliation') then
    create role bourse_reconciliation nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- somebody else was faster
  when insufficient_privilege then
    raise notice 'the role bourse_reconciliation is not there and can''t be made by %', current_user;
end $$;

select grant_to('bourse_reconciliation', p) from unnest(array[
  'select on assets, currencies, accounts, account_sequences, balances, consumer_positions, order_log, orders, trades,
     execution_reports, ledger_entries, transfers, asset_states',
  'select, insert, update, delete on reconciled_assets, reconciled_accounts, reconciled_balances,
     reconciliation_progress, reconciliation_differences',
  'execute on function halt_for_difference(text, text)'
]) as p;
select grant_to('bourse_operator',
  'select on reconciled_assets, reconciled_accounts, reconciled_balances, reconciliation_progress, reconciliation_differences');
