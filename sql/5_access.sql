-- Who may do what, and what operators and timers decided.

-- A closed account stays closed. The exchange's own accounts trade nothing, so nobody can suspend them by mistake.
alter table accounts
  add column closed boolean not null default false,
  add constraint closed_accounts_are_suspended check (suspended or not closed),
  add constraint exchange_accounts_are_not_suspended check (kind = 'customer' or not suspended),
  add constraint customer_names_are_plain check (kind = 'exchange' or name ~ '^[a-z0-9][a-z0-9_-]{0,31}$');

-- A trade key may place orders, a read key may only look at its own account, an operator key also names who acts in the
-- command line.
alter table api_keys
  add column role text not null default 'trade' check (role in ('trade', 'read', 'operator')),
  add column expires_at timestamptz,
  add column revoked_at timestamptz;
update api_keys set revoked_at = now() where revoked;
alter table api_keys drop column revoked;

-- What an asset is not told here is open.
create table asset_states (
  asset text primary key references assets,
  state text not null check (state in ('open', 'cancel_only', 'halted', 'auction')),
  since timestamptz not null,
  why text not null
);

-- Everything that operators and timers decide: the audit, and the feed that the services follow. Gapless, and visible in
-- the order of the ids, so whoever has read one has read all before it.
create table actions (
  action_id bigint primary key,
  kind text not null check (kind in (
    'create_account', 'suspend', 'resume', 'close', 'create_key', 'revoke_key', 'deposit', 'withdrawal',
    'set_asset_state', 'cancel_all')),
  -- Null: it is about no account, or (suspend, resume) about every customer's.
  account_id bigint references accounts,
  -- Null: it is about no asset, or about every one.
  asset text references assets,
  asset_state text check (asset_state in ('open', 'cancel_only', 'halted', 'auction')),
  key_id text references api_keys,
  transfer_id bigint references transfers,
  made_by text not null check (made_by <> ''),
  why text not null,
  made_at timestamptz not null,
  constraint states_are_set_by_their_kind check ((kind = 'set_asset_state') = (asset_state is not null)),
  constraint keys_are_named_by_their_kinds check ((kind in ('create_key', 'revoke_key')) = (key_id is not null)),
  constraint transfers_are_named_by_their_kinds check ((kind in ('deposit', 'withdrawal')) = (transfer_id is not null)),
  constraint only_some_are_about_all check (account_id is not null or kind in ('suspend', 'resume', 'set_asset_state'))
);
create index actions_of_account on actions (account_id, action_id);
create unique index actions_of_transfer on actions (transfer_id) where transfer_id is not null;
create trigger actions_are_append_only before update or delete or truncate on actions
  for each statement execute function refuse_change();

-- The one way into actions. The lock lasts until the transaction ends: ids are drawn in the order in which they commit.
create function record_action(
  action_kind text, about_account bigint, about_asset text, new_state text, about_key text, about_transfer bigint,
  actor text, reason text
) returns bigint language plpgsql as $$
declare
  id bigint;
begin
  perform pg_advisory_xact_lock('actions'::regclass::oid::bigint);
  insert into actions
    select coalesce(max(action_id), 0) + 1, action_kind, about_account, about_asset, new_state, about_key, about_transfer,
      actor, reason, clock_timestamp() from actions
    returning action_id into id;
  return id;
end $$;

-- Suspends, resumes or closes a customer's account; null: suspends or resumes all of them. Who was suspended by name
-- stays so when all are resumed. Raises BX005 when there is no such account that could be.
create function change_account(change text, account bigint, actor text, reason text) returns bigint language plpgsql as $$
begin
  update accounts a set suspended = change <> 'resume', closed = change = 'close'
    where a.kind = 'customer' and not a.closed and change in ('suspend', 'resume', 'close')
      and case when account is not null then a.account_id = account
               when change = 'resume' then a.suspended and 'suspend' is distinct from
                 (select l.kind from actions l where l.account_id = a.account_id and l.kind in ('suspend', 'resume')
                  order by l.action_id desc limit 1)
               else change = 'suspend' and not a.suspended end;
  if not found and account is not null then
    raise exception 'there is no customer account % to %', account, change using errcode = 'BX005';
  end if;
  return record_action(change, account, null, null, null, null, actor, reason);
end $$;

-- Raises BX006 when there is no such key that could be revoked.
create function revoke_key(key text, actor text, reason text) returns bigint language plpgsql as $$
declare
  owner bigint;
begin
  update api_keys set revoked_at = clock_timestamp() where key_id = key and revoked_at is null
    returning account_id into owner;
  if not found then
    raise exception 'there is no key % to revoke', key using errcode = 'BX006';
  end if;
  return record_action('revoke_key', owner, null, null, key, null, actor, reason);
end $$;

-- As book_transfer, and in the audit, once, too. Returns the transfer's id.
create function make_transfer(
  transfer_kind text, account bigint, transfer_currency text, transfer_units bigint, transfer_reference text, actor text,
  reason text
) returns bigint language plpgsql as $$
declare
  booked bigint := book_transfer(transfer_kind, account, transfer_currency, transfer_units, transfer_reference, actor);
begin
  if not exists (select 1 from actions where transfer_id = booked) then
    perform record_action(transfer_kind, account, null, null, null, booked, actor, reason);
  end if;
  return booked;
end $$;

-- Null: all assets.
create function set_asset_state(about_asset text, new_state text, actor text, reason text) returns bigint
language plpgsql as $$
begin
  insert into asset_states
    select asset, new_state, clock_timestamp(), reason from assets where asset = coalesce(about_asset, asset)
    on conflict (asset) do update set state = excluded.state, since = excluded.since, why = excluded.why;
  return record_action('set_asset_state', null, about_asset, new_state, null, null, actor, reason);
end $$;

-- What order-processing made of an action: a command or more in every asset, all of them in one transaction. The last
-- action in an asset's order_log is how far that asset has followed them.
alter table order_log add column action_id bigint references actions;
create unique index order_log_action on order_log (asset, action_id, account_id) where action_id is not null;

-- When an account's orders are to go unless somebody says otherwise in time: a dead man's switch, or a session that asked
-- for it. Renewed every second, so the rows have room for their new versions, and no index has the time in it.
create table cancel_triggers (
  -- timer/<account id> or session/<random>
  trigger_id text primary key,
  account_id bigint not null references accounts,
  kind text not null check (kind in ('timer', 'session')),
  -- The order-handler that renews it, by host and port: the next one there knows that its sessions are gone.
  handler text not null,
  due_at timestamptz not null
) with (fillfactor = 20);

-- Turns what is due into actions, once, whoever asks; at most so many. Never waits for a row that is being renewed.
create function fire_cancel_triggers(triggers_max integer) returns integer language plpgsql as $$
declare
  fired integer;
begin
  with due as (
    select trigger_id from cancel_triggers where due_at <= now() limit triggers_max for update skip locked
  ), gone as (
    delete from cancel_triggers t using due where t.trigger_id = due.trigger_id returning t.account_id, t.kind
  )
  select count(record_action('cancel_all', g.account_id, null, null, null, null, 'order-processing', g.why)) into fired
    from (select account_id, string_agg(distinct case kind when 'timer' then 'its timer ran out'
                                                           else 'its session ended' end, ', ') as why
          from gone group by account_id order by account_id) g;
  return fired;
end $$;
