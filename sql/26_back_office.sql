-- The operators' desk: what operators do over HTTP, each act once, however often it is asked for.
do $$
begin
  if not exists (select from pg_roles where rolname = 'bourse_back_office') then
    create role bourse_back_office nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- somebody else was faster
  when insufficient_privilege then
    raise notice 'the role bourse_back_office is not there and can''t be made by %', current_user;
end $$;

-- Further acts. Of these, services follow cancel_all of everybody (in an asset, or in all of them); the others are the audit's.
alter table actions
  drop constraint actions_kind_check,
  drop constraint only_some_are_about_all,
  -- What the act was, beside what other columns say.
  add column detail text,
  add constraint actions_kind_check check (kind in (
    'create_account', 'suspend', 'resume', 'close', 'create_key', 'revoke_key', 'deposit', 'withdrawal', 'set_asset_state',
    'cancel_all', 'end_session', 'request_transfer', 'reject_transfer', 'kill_switch', 'wind_down', 'stop_services', 'start_bots', 'stop_bots')),
  add constraint only_some_are_about_all check (account_id is not null or kind in (
    'suspend', 'resume', 'set_asset_state', 'cancel_all', 'kill_switch', 'wind_down', 'stop_services', 'start_bots', 'stop_bots'));

-- As record_action, for acts that need words.
create function record_act(
  action_kind text, about_account bigint, about_asset text, what text, actor text, reason text
) returns bigint language plpgsql as $$
declare
  id bigint;
begin
  perform pg_advisory_xact_lock('actions'::regclass::oid::bigint);
  insert into actions (action_id, kind, account_id, asset, detail, made_by, why, made_at)
    select coalesce(max(action_id), 0) + 1, action_kind, about_account, about_asset, what, actor, reason, clock_timestamp()
    from actions
    returning action_id into id;
  return id;
end $$;

-- Acts that were asked for under a key of the asker's (the header Idempotency-Key), for 30 days.
create table desk_acts (
  made_by text not null,
  act_key text not null check (length(act_key) between 1 and 100),
  -- The request, so that a key is not used for two.
  asked text not null,
  made_at timestamptz not null default now(),
  primary key (made_by, act_key)
);
create index desk_acts_by_time on desk_acts (made_at);

-- Stands before an act, in its transaction. Raises BX030 when the key was used before.
create function claim_act(actor text, key text, what text) returns void language plpgsql as $$
begin
  delete from desk_acts where ctid in (
    select ctid from desk_acts where made_at < now() - interval '30 days' limit 100 for update skip locked);
  insert into desk_acts (made_by, act_key, asked) values (actor, key, what) on conflict do nothing;
  if not found then
    raise exception 'the key % of % was used before', key, actor using errcode = 'BX030';
  end if;
end $$;

-- Somebody has to be able to end a suspension of everybody: accounts that have a good operator's key are left out of it. Their
-- orders are cancelled with all others.
create or replace function change_account(change text, account bigint, actor text, reason text) returns bigint
language plpgsql as $$
begin
  update accounts a set suspended = change <> 'resume', closed = change = 'close'
    where a.kind = 'customer' and not a.closed and change in ('suspend', 'resume', 'close')
      and case when account is not null then a.account_id = account
               when change = 'resume' then a.suspended and 'suspend' is distinct from
                 (select l.kind from actions l where l.account_id = a.account_id and l.kind in ('suspend', 'resume')
                  order by l.action_id desc limit 1)
               else change = 'suspend' and not a.suspended and not exists
                 (select from api_keys k where k.account_id = a.account_id and k.role = 'operator' and k.revoked_at is null
                    and coalesce(k.expires_at > now(), true)) end;
  if not found and account is not null then
    raise exception 'there is no customer account % to %', account, change using errcode = 'BX005';
  end if;
  return record_action(change, account, null, null, null, null, actor, reason);
end $$;

-- Transfers that wait for a second operator.
create table transfer_requests (
  request_id bigint generated always as identity primary key,
  kind text not null check (kind in ('deposit', 'withdrawal')),
  account_id bigint not null references accounts,
  currency text not null references currencies,
  units bigint not null check (units between 1 and 9007199254740991),
  reference text not null unique,
  requested_by text not null,
  requested_at timestamptz not null default now(),
  why text not null,
  status text not null default 'open' check (status in ('open', 'approved', 'rejected')),
  decided_by text,
  decided_at timestamptz,
  -- Why it was approved or rejected.
  decision text,
  transfer_id bigint references transfers,
  constraint decisions_are_somebodys check ((status = 'open') = (decided_by is null)),
  constraint approved_ones_are_booked check ((status = 'approved') = (transfer_id is not null))
);
create index open_transfer_requests on transfer_requests (request_id) where status = 'open';

-- Once for each reference. Raises BX004 when it was used for something else.
create function request_transfer(
  transfer_kind text, account bigint, transfer_currency text, transfer_units bigint, transfer_reference text, actor text,
  reason text
) returns bigint language plpgsql as $$
declare
  asked transfer_requests;
begin
  insert into transfer_requests (kind, account_id, currency, units, reference, requested_by, why)
    values (transfer_kind, account, transfer_currency, transfer_units, transfer_reference, actor, reason)
    on conflict (reference) do nothing returning * into asked;
  if not found then
    select * into asked from transfer_requests where reference = transfer_reference;
    if (asked.kind, asked.account_id, asked.currency, asked.units)
       = (transfer_kind, account, transfer_currency, transfer_units) then
      return asked.request_id;
    end if;
  elsif not exists (select from transfers where reference = transfer_reference) then
    perform record_act('request_transfer', account, null,
      (select format('request %s: %s %s %s, reference %s', asked.request_id, transfer_kind,
         trim_scale(transfer_units * 10::numeric ^ (-c.decimals)), c.currency, transfer_reference)
       from currencies c where c.currency = transfer_currency), actor, reason);
    return asked.request_id;
  end if;
  raise exception 'the reference % was used for another transfer', transfer_reference using errcode = 'BX004';
end $$;

-- Books it (make_transfer) or rejects it, once. Raises BX031 when there is no such request, BX032 when it was decided otherwise, and
-- BX033 when the one who asked would approve: by the same key, by a key that he made, or by one that is newer than the request.
create function decide_transfer(request bigint, approves boolean, actor text, reason text) returns bigint
language plpgsql as $$
declare
  asked transfer_requests;
  booked bigint;
begin
  select * into asked from transfer_requests where request_id = request for update;
  if not found then
    raise exception 'there is no request %', request using errcode = 'BX031';
  end if;
  if asked.status <> 'open' then
    if (asked.status = 'approved') = approves and asked.decided_by = actor then
      return asked.transfer_id;
    end if;
    raise exception 'the request % is % already', request, asked.status using errcode = 'BX032';
  end if;
  if approves then
    if actor = asked.requested_by
       or exists (select from actions a where a.kind = 'create_key' and a.key_id = actor
                    and (a.made_by = asked.requested_by or a.made_at > asked.requested_at)) then
      raise exception 'who asked can not approve' using errcode = 'BX033';
    end if;
    booked := make_transfer(asked.kind, asked.account_id, asked.currency, asked.units, asked.reference, actor, reason);
  else
    perform record_act('reject_transfer', asked.account_id, null, format('request %s', request), actor, reason);
  end if;
  update transfer_requests
    set status = case when approves then 'approved' else 'rejected' end, decided_by = actor, decided_at = now(),
      decision = reason, transfer_id = booked
    where request_id = request;
  return booked;
end $$;

-- Everything stops: no asset trades, no customer may send anything, all orders are cancelled.
create function kill_switch(actor text, reason text) returns bigint language plpgsql as $$
begin
  perform set_asset_state(null, 'halted', actor, reason);
  perform change_account('suspend', null, actor, reason);
  return record_act('kill_switch', null, null, null, actor, reason);
end $$;

-- Assets that take no new orders any more, and halt once everything acknowledged is settled, and their books are empty where
-- orders are cancelled. The desk looks after those that are not done.
create table wind_downs (
  -- The action that began it: an asset has followed it when its stored commands have.
  action_id bigint primary key references actions,
  -- Null: all of them.
  asset text references assets,
  orders text not null check (orders in ('keep', 'cancel')),
  -- Whether the services end after it, where a launcher runs them.
  stops_services boolean not null,
  made_by text not null,
  why text not null,
  begun_at timestamptz not null default now(),
  ended_at timestamptz,
  outcome text check (outcome in ('halted', 'given up')),
  constraint ended_ones_have_an_outcome check ((ended_at is null) = (outcome is null))
);
create index wind_downs_under_way on wind_downs (action_id) where ended_at is null;

create function begin_wind_down(about_asset text, resting text, stops boolean, actor text, reason text) returns bigint
language plpgsql as $$
declare
  id bigint := set_asset_state(about_asset, 'cancel_only', actor, reason);
begin
  if resting = 'cancel' then
    id := record_action('cancel_all', null, about_asset, null, null, null, actor, reason);
  end if;
  insert into wind_downs (action_id, asset, orders, stops_services, made_by, why)
    values (id, about_asset, resting, stops, actor, reason);
  return record_act('wind_down', null, about_asset, format('resting orders: %s%s', resting,
    case when stops then ', then services stop' else '' end), actor, reason);
end $$;

-- Halts its assets, once; where one of them takes orders again it is given up. Returns what came of it.
create function end_wind_down(id bigint) returns text language plpgsql as $$
declare
  ending wind_downs;
  came_of_it text := 'halted';
begin
  select * into ending from wind_downs where action_id = id for update;
  if ending.ended_at is not null then
    return ending.outcome;
  end if;
  if exists (select from asset_states s where s.asset = coalesce(ending.asset, s.asset) and s.state in ('open', 'auction')) then
    came_of_it := 'given up';
  else
    perform set_asset_state(ending.asset, 'halted', ending.made_by, ending.why);
    if ending.stops_services then
      perform record_act('stop_services', null, null, null, ending.made_by, ending.why);
    end if;
  end if;
  update wind_downs set ended_at = now(), outcome = came_of_it where action_id = id;
  return came_of_it;
end $$;

-- It reads what operators look up, and does what they do; not what people sign in with, and not what requests are signed with.
select grant_to('bourse_back_office', p) from unnest(array[
  'select on accounts, api_keys, actions, asset_states, assets, currencies, balances, account_sequences, transfers',
  'select on orders, order_log, trades, execution_reports, ledger_entries, consumer_positions, book_states',
  'select on reconciled_assets, reconciliation_differences, closed_assets',
  'insert, update on accounts, api_keys, asset_states, balances',
  'insert on account_sequences, transfers, ledger_entries, actions, api_key_signers'
]) as p;
select grant_to(role_name, p) from unnest(array['bourse_back_office', 'bourse_operator']) as role_name, unnest(array[
  'select, insert, update on transfer_requests, wind_downs',
  'select, insert, update, delete on desk_acts'
]) as p;

-- The role was not there yet when sql/25_trading_hours.sql granted it this.
select grant_to('bourse_back_office', p) from unnest(array[
  'execute on function follow_trading_hours()',
  'select, insert, update, delete on trading_hours, trading_hours_followed'
]) as p;
