-- The gateway is a second door: it may do what the order-handler may, and read what the notifier reads, for the routes that
-- show an account its own, and everybody the market. It never sees who traded with whom.
do $$
begin
  if not exists (select from pg_roles where rolname = 'bourse_gateway') then
    create role bourse_gateway nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- somebody else was faster
  when insufficient_privilege then
    raise notice 'the role bourse_gateway is not there and can''t be made by %', current_user;
end $$;

select grant_to('bourse_gateway', p) from unnest(array[
  'select on accounts, api_keys, actions, asset_states, consumer_positions, account_sequences, orders, execution_reports',
  'select on balances, currencies, ledger_entries, candles, book_states',
  'select (asset, trade_id, price_ticks, quantity_lots, taker_side, executed_at_us) on trades',
  'select, insert, update, delete on cancel_triggers, order_handlers',
  'select on trigger_watch'
]) as p;
