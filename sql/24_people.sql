-- People: whoever signs in by e-mail, with a code and without a password. A person has one account, an ordinary customer's.

create table people (
  person_id bigint generated always as identity primary key,
  -- As it is compared: in lower case.
  email text not null unique check (length(email) between 3 and 254 and email !~ '[A-Z[:space:]]'),
  account_id bigint not null unique references accounts,
  signed_up_at timestamptz not null default now()
);
create trigger people_are_append_only before update or delete or truncate on people
  for each statement execute function refuse_change();

-- Codes that were asked for, a mail each; so they count the mails, too. Purged after a day.
create table sign_in_codes (
  code_id bigint generated always as identity primary key,
  email text not null,
  -- Where it was asked from: an address, or the network of an IPv6 address.
  network text not null,
  -- Of the address and the code, under a key that is not in this database.
  code_hmac bytea not null check (octet_length(code_hmac) = 32),
  tries integer not null default 0 check (tries between 0 and 5),
  made_at timestamptz not null default now(),
  used_at timestamptz
);
create index sign_in_codes_of_email on sign_in_codes (email, code_id);
create index sign_in_codes_of_network on sign_in_codes (network, made_at);
create index sign_in_codes_by_time on sign_in_codes (made_at);

-- Stores a code unless there were too many mails in the last hour, to this address or from this network. Returns after how
-- many seconds there may be one; 0: it is stored.
create function ask_for_code(to_email text, from_network text, hmac bytea, email_max integer, network_max integer)
returns integer language plpgsql as $$
declare
  free_at timestamptz;
begin
  -- Requests for one address, or from one network, one after the other. In one order, so that nobody waits in a circle.
  perform pg_advisory_xact_lock('sign_in_codes'::regclass::oid::integer, k)
    from (select distinct hashtext(t) as k from unnest(array['email ' || to_email, 'network ' || from_network]) t
          order by k) locks;
  select max(latest) into free_at from (
    (select made_at + interval '1 hour' as latest from sign_in_codes
       where email = to_email and made_at > now() - interval '1 hour'
       order by made_at desc offset email_max - 1 limit 1)
    union all
    (select made_at + interval '1 hour' from sign_in_codes
       where network = from_network and made_at > now() - interval '1 hour'
       order by made_at desc offset network_max - 1 limit 1)) as full_hours;
  if free_at is not null then
    return greatest(1, ceil(extract(epoch from free_at - now()))::integer);
  end if;
  delete from sign_in_codes where code_id in (
    select code_id from sign_in_codes where made_at < now() - interval '1 day' limit 100 for update skip locked);
  insert into sign_in_codes (email, network, code_hmac) values (to_email, from_network, hmac);
  return 0;
end $$;

-- Signs up whoever is behind the address, once; returns the person. A name that another account has is a unique_violation.
create function sign_up(of_email text, account_name text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  person bigint;
  account bigint;
begin
  perform pg_advisory_xact_lock('people'::regclass::oid::integer, hashtext(of_email));
  select p.person_id into person from people p where p.email = of_email;
  if found then
    return person;
  end if;
  insert into accounts (name) values (account_name) returning account_id into account;
  insert into people (email, account_id) values (of_email, account) returning person_id into person;
  perform record_action('create_account', account, null, null, null, null, 'gateway', 'signed up by e-mail');
  return person;
end $$;

-- Sign-ins. The refresh token of each is made anew with every use: of its tokens, numbered by generation, the last one is good.
create table sign_in_sessions (
  session_id text primary key check (session_id ~ '^session-[0-9a-f]{32}$'),
  person_id bigint not null references people,
  generation integer not null default 1 check (generation > 0),
  -- The client's, when it was used last.
  address text not null,
  since timestamptz not null default now(),
  last_seen timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_why text,
  constraint ends_have_reasons check ((ended_at is null) = (ended_why is null))
);
create index sign_in_sessions_of_person on sign_in_sessions (person_id, since) where ended_at is null;
create index sign_in_sessions_by_expiry on sign_in_sessions (expires_at);

-- The end of a session is in the feed that all services follow, so that its access tokens end with it; and in the audit.
-- Whoever adds a kind to actions writes this list again, whole.
alter table actions
  add column session_id text,
  drop constraint actions_kind_check,
  add constraint actions_kind_check check (kind in (
    'create_account', 'suspend', 'resume', 'close', 'create_key', 'revoke_key', 'deposit', 'withdrawal',
    'set_asset_state', 'cancel_all', 'end_session')),
  add constraint sessions_are_named_by_their_kind check ((kind = 'end_session') = (session_id is not null));
create index actions_of_sessions on actions (made_at) where session_id is not null;

-- Ends a session of this person. False: there is none that could be ended.
create function end_session(of_person bigint, session text, why text) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  account bigint;
begin
  update sign_in_sessions s set ended_at = clock_timestamp(), ended_why = why
    where s.session_id = session and s.person_id = of_person and s.ended_at is null;
  if not found then
    return false;
  end if;
  select account_id into account from people where person_id = of_person;
  -- As record_action does, whose lock this is.
  perform pg_advisory_xact_lock('actions'::regclass::oid::bigint);
  insert into actions (action_id, kind, account_id, session_id, made_by, why, made_at)
    select coalesce(max(action_id), 0) + 1, 'end_session', account, session, 'gateway', end_session.why, clock_timestamp()
    from actions;
  return true;
end $$;

-- Ends all sessions of this person but one (null: all); returns how many.
create function end_sessions(of_person bigint, but text, why text) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  ended integer;
begin
  perform 1 from sign_in_sessions where person_id = of_person and ended_at is null order by session_id for update;
  select count(*) filter (where end_session(of_person, s.session_id, why)) into ended
    from sign_in_sessions s
    where s.person_id = of_person and s.ended_at is null and s.session_id is distinct from but;
  return ended;
end $$;

-- Opens a session; the oldest ones end that are too many, and what expired a day ago goes.
create function open_session(
  of_person bigint, session text, from_address text, lasts interval, sessions_max integer
) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform 1 from people where person_id = of_person for update;
  delete from sign_in_sessions where session_id in (
    select session_id from sign_in_sessions where expires_at < now() - interval '1 day' limit 100 for update skip locked);
  perform 1 from sign_in_sessions where person_id = of_person and ended_at is null order by session_id for update;
  perform end_session(of_person, s.session_id, 'too many sessions')
    from (select session_id from sign_in_sessions where person_id = of_person and ended_at is null
          order by last_seen desc, session_id offset sessions_max - 1) s;
  insert into sign_in_sessions (session_id, person_id, address, expires_at)
    values (session, of_person, from_address, now() + lasts);
end $$;

-- Money to play with. A currency that is not here has none: in production the table is empty unless somebody fills it.
create table play_money (
  currency text primary key references currencies,
  -- What the faucet gives at once, in the currency's smallest unit, and how long it takes to fill up again.
  faucet_units bigint not null check (faucet_units between 1 and 9007199254740991),
  cooldown interval not null check (cooldown >= interval '1 second'),
  -- Whether accounts may credit and debit themselves.
  is_simulated boolean not null default false
);

create table faucet_claims (
  transfer_id bigint primary key references transfers,
  account_id bigint not null references accounts,
  currency text not null references currencies,
  claimed_at timestamptz not null default now()
);
create index faucet_claims_of_account on faucet_claims (account_id, currency, claimed_at);
create trigger faucet_claims_are_append_only before update or delete or truncate on faucet_claims
  for each statement execute function refuse_change();

-- Play money is for customers whose account is neither suspended nor closed. Raises BX021 for others. Balances are locked here,
-- all of them, before the first transfer takes the lock of actions.
create function lock_for_play_money(account bigint, currency_names text[]) returns void language plpgsql as $$
begin
  perform 1 from accounts where account_id = account and kind = 'customer' and not suspended for no key update;
  if not found then
    raise exception 'account % gets no play money', account using errcode = 'BX021';
  end if;
  perform 1 from balances where account_id = account and currency = any(currency_names) order by currency for update;
end $$;

-- Raises BX022 when the account would have more of the currency than can be counted exactly everywhere.
create function refuse_too_much_play_money(account bigint, of_currency text, units bigint) returns void
language plpgsql as $$
begin
  if exists (select from balances where account_id = account and currency = of_currency
               and available::numeric + held + units > 9007199254740991) then
    raise exception 'account % would have too much %', account, of_currency using errcode = 'BX022';
  end if;
end $$;

-- Gives what the faucet has for the account: of one currency (null: of each). A row for each currency that the faucet knows:
-- what was given (0: nothing, it is too early), and when there is more.
create function claim_faucet(account bigint, only_currency text)
returns table (claimed_currency text, given_units bigint, next_at timestamptz)
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  terms play_money;
  last_at timestamptz;
  moment timestamptz;
  booked bigint;
begin
  perform lock_for_play_money(account,
    (select array_agg(m.currency) from play_money m where m.currency = coalesce(only_currency, m.currency)));
  for terms in select * from play_money m where m.currency = coalesce(only_currency, m.currency) order by m.currency loop
    moment := clock_timestamp();
    select max(c.claimed_at) into last_at from faucet_claims c
      where c.account_id = account and c.currency = terms.currency;
    claimed_currency := terms.currency;
    given_units := 0;
    next_at := last_at + terms.cooldown;
    if last_at is null or next_at <= moment then
      perform refuse_too_much_play_money(account, terms.currency, terms.faucet_units);
      booked := make_transfer('deposit', account, terms.currency, terms.faucet_units,
        format('faucet/%s/%s/%s', account, terms.currency, (extract(epoch from moment) * 1000000)::bigint),
        'faucet', 'claimed');
      insert into faucet_claims (transfer_id, account_id, currency, claimed_at)
        values (booked, account, terms.currency, moment);
      given_units := terms.faucet_units;
      next_at := moment + terms.cooldown;
    end if;
    return next;
  end loop;
end $$;

-- A deposit or withdrawal that an account books for itself. Raises BX021 where that is not allowed, BX003 when it has less.
create function simulate_transfer(transfer_kind text, account bigint, of_currency text, units bigint, transfer_reference text)
returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select from play_money m where m.currency = of_currency and m.is_simulated) then
    raise exception 'transfers of % are not simulated here', of_currency using errcode = 'BX021';
  end if;
  perform lock_for_play_money(account, array[of_currency]);
  if transfer_kind = 'deposit' then
    perform refuse_too_much_play_money(account, of_currency, units);
  end if;
  return make_transfer(transfer_kind, account, of_currency, units, 'simulated/' || account || '/' || transfer_reference,
    'account ' || account, 'simulated');
end $$;

revoke execute on function sign_up, end_session, end_sessions, open_session, claim_faucet, simulate_transfer from public;
select grant_to('bourse_gateway', p) from unnest(array[
  'execute on function sign_up, end_session, end_sessions, open_session, claim_faucet, simulate_transfer',
  'select on people, play_money, faucet_claims',
  'select, insert, delete on sign_in_codes',
  'update (tries, used_at) on sign_in_codes',
  'select on sign_in_sessions',
  'update (generation, address, last_seen, expires_at) on sign_in_sessions'
]) as p;
select grant_to('bourse_operator', p) from unnest(array[
  'select on people, sign_in_codes, sign_in_sessions, play_money, faucet_claims',
  'insert, update, delete on play_money',
  'execute on function end_session, end_sessions'
]) as p;
