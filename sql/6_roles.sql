-- Who may do what in the database: a group role for each service, and one for operators, with what their own statements
-- need. They can't log in; docker-compose's users, and those of whoever runs a database of his own, are members of them
-- (docs/operations.md). The matching engine has no database at all. Whoever owns the tables is bound by none of this.

-- Roles are the cluster's: another database of it may have them, or be making them at this moment. Without the right to
-- make roles there are none, and then nothing is granted.
do $$
declare
  role_name text;
begin
  foreach role_name in array array['bourse_order_handler', 'bourse_order_processing', 'bourse_trade_processing',
                                   'bourse_market_data_notifier', 'bourse_operator'] loop
    begin
      if not exists (select from pg_roles where rolname = role_name) then
        execute format('create role %I nologin', role_name);
      end if;
    exception
      when duplicate_object or unique_violation then null; -- somebody else was faster
      when insufficient_privilege then
        raise notice 'the role % is not there and can''t be made by %; nothing is granted to it', role_name, current_user;
    end;
  end loop;
end $$;

-- For this migration and those that come: grants where the role is there.
create function grant_to(role_name text, privileges text) returns void language plpgsql as $$
begin
  if exists (select from pg_roles where rolname = role_name) then
    execute format('grant %s to %I', privileges, role_name);
  end if;
end $$;

-- A function runs with its caller's rights, except where it says otherwise: what it does, the caller must be allowed to do.

-- Logins, what operators have decided, how far the log is processed, the last prices without who traded; and the triggers
-- of its own sessions and timers.
select grant_to('bourse_order_handler', p) from unnest(array[
  'select on accounts, api_keys, actions, asset_states, consumer_positions',
  'select (asset, trade_id, price_ticks) on trades',
  'select, insert, update, delete on cancel_triggers'
]) as p;

-- The order log, and the holds that it takes; what operators and timers have decided becomes commands.
select grant_to('bourse_order_processing', p) from unnest(array[
  'select, insert on order_log',
  'select, insert, update on consumer_positions',
  'select, update on balances',
  'insert on ledger_entries',
  'select on accounts, orders, asset_states',
  'select (asset, trade_id, price_ticks) on trades',
  'select, insert on actions',
  'select, update, delete on cancel_triggers'
]) as p;

-- Trades, the orders' states, the reports and the money that moves with them. Nobody else writes trades or reports.
select grant_to('bourse_trade_processing', p) from unnest(array[
  'insert on trades, execution_reports, ledger_entries',
  'select, insert, update on orders, consumer_positions',
  'select, update on account_sequences, balances'
]) as p;

-- It writes nothing, and does not know who traded with whom.
select grant_to('bourse_market_data_notifier', p) from unnest(array[
  'select on accounts, api_keys, actions, asset_states, account_sequences, orders, execution_reports, balances, currencies',
  'select (asset, trade_id, price_ticks, quantity_lots, taker_side, executed_at_us) on trades'
]) as p;

-- Accounts, keys, money in and out, the states of assets, always with an entry in the audit; and a look at everything.
select grant_to('bourse_operator', p) from unnest(array[
  'select on all tables in schema public',
  'insert, update on accounts, api_keys, asset_states, balances',
  'insert on account_sequences, transfers, ledger_entries, actions'
]) as p;

-- A service moves its own positions only.
alter table consumer_positions enable row level security;
create policy everybody_reads on consumer_positions for select using (true);
do $$
declare
  service_name text;
  role_name text;
begin
  foreach service_name in array array['order-processing', 'trade-processing'] loop
    role_name := 'bourse_' || replace(service_name, '-', '_');
    continue when not exists (select from pg_roles where rolname = role_name);
    execute format('create policy own_positions_of_%s on consumer_positions to %I using (service = %L)',
      role_name, role_name, service_name);
  end loop;
end $$;
