-- Markets that operators create while everything runs. The first ones are those of the assets file, which are not here.

alter table actions
  drop constraint actions_kind_check,
  drop constraint only_some_are_about_all,
  add constraint actions_kind_check check (kind in (
    'create_account', 'suspend', 'resume', 'close', 'create_key', 'revoke_key', 'deposit', 'withdrawal', 'set_asset_state',
    'cancel_all', 'end_session', 'request_transfer', 'reject_transfer', 'kill_switch', 'wind_down', 'stop_services', 'start_bots', 'stop_bots',
    'create_asset')),
  add constraint only_some_are_about_all check (account_id is not null or kind in (
    'suspend', 'resume', 'set_asset_state', 'cancel_all', 'kill_switch', 'wind_down', 'stop_services', 'start_bots', 'stop_bots',
    'create_asset'));

create table created_assets (
  asset text primary key references assets,
  -- As the assets file would list it.
  terms jsonb not null,
  -- What was decided before concerns it no more than an asset that was not there.
  action_id bigint not null unique references actions
);

-- Its currencies come with it; those that are known must be the same. Hours as set_trading_hours takes them. Raises BX040 when the
-- asset is there already, BX041 when another one is the same to clients that write BASEQUOTE, BX042 when a currency has other decimals.
create function create_asset(
  new_asset text, asset_terms jsonb, currency_names text[], currency_decimals integer[], currency_kinds text[],
  weekdays smallint[], opening time[], closing time[], zone text, what text, actor text, reason text
) returns bigint language plpgsql as $$
declare
  base_currency text := split_part(new_asset, '-', 1);
  quote_currency text := split_part(new_asset, '-', 2);
  other text;
  action bigint;
begin
  -- One after the other, also those that would be the same to somebody.
  perform pg_advisory_xact_lock('actions'::regclass::oid::bigint);
  if exists (select from assets where asset = new_asset) then
    raise exception 'there is an asset % already', new_asset using errcode = 'BX040';
  end if;
  select a.asset into other from assets a where a.base || a.quote = base_currency || quote_currency;
  if found then
    raise exception '%', other using errcode = 'BX041';
  end if;
  insert into currencies (currency, decimals, kind)
    select * from unnest(currency_names, currency_decimals, currency_kinds) on conflict do nothing;
  select format('%s has %s decimals', c.currency, c.decimals) into other
    from unnest(currency_names, currency_decimals) as n(currency, decimals) join currencies c using (currency)
    where c.decimals <> n.decimals;
  if found then
    raise exception '%', other using errcode = 'BX042';
  end if;
  insert into assets (asset, base, quote, tick_size, lot_size)
    values (new_asset, base_currency, quote_currency, (asset_terms ->> 'tickSize')::numeric, (asset_terms ->> 'lotSize')::numeric);
  action := record_act('create_asset', null, new_asset, what, actor, reason);
  insert into created_assets values (new_asset, asset_terms, action);
  if cardinality(weekdays) > 0 then
    perform set_trading_hours(new_asset, weekdays, opening, closing, zone, actor, reason);
  end if;
  return action;
end $$;

-- Every service looks what was created.
select grant_to(r, 'select on created_assets, currencies')
  from unnest(array['bourse_order_handler', 'bourse_order_processing', 'bourse_matching_engine', 'bourse_trade_processing',
    'bourse_market_data_notifier', 'bourse_gateway', 'bourse_reconciliation', 'bourse_back_office', 'bourse_operator']) as r;
select grant_to(r, 'insert on created_assets, assets, currencies') from unnest(array['bourse_back_office', 'bourse_operator']) as r;
