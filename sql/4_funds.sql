-- Who has what. Amounts are whole numbers of a currency's smallest unit; what one unit is worth, currencies.decimals says.

create table currencies (
  currency text primary key,
  decimals integer not null check (decimals between 0 and 12),
  kind text not null check (kind in ('fiat', 'stable', 'crypto'))
);

-- The exchange's own accounts are ordinary ones: what it owes to the world outside (clearing), what it has earned (fees).
-- They stand at the end of all ids, where no customer's will come.
alter table accounts add column kind text not null default 'customer' check (kind in ('customer', 'exchange'));
insert into accounts (account_id, name, kind) overriding system value
  values (9007199254740990, 'exchange:clearing', 'exchange'), (9007199254740991, 'exchange:fees', 'exchange');

-- What an account has, free to use and held for its open orders. A row of every account and currency from the first
-- moment on; of the clearing account none: it is what all others have together, with the sign turned round.
create table balances (
  account_id bigint not null references accounts,
  currency text not null references currencies,
  available bigint not null default 0,
  held bigint not null default 0,
  -- Orders that hold some of it.
  open_orders integer not null default 0,
  -- Rebates are paid out of the fees: when those were withdrawn, the exchange owes for a moment.
  may_owe boolean not null default false,
  primary key (account_id, currency),
  constraint balances_available_is_not_negative check (available >= 0 or may_owe),
  constraint balances_held_is_not_negative check (held >= 0),
  constraint balances_open_orders_is_not_negative check (open_orders >= 0)
) with (fillfactor = 20);

-- Changes each of these balances once. They are locked in one order by all who change several.
create function change_balances(
  account_ids bigint[], currency_names text[], available_changes bigint[], held_changes bigint[],
  open_orders_changes integer[]
) returns void language plpgsql as $$
declare
  changed bigint;
begin
  perform 1 from unnest(account_ids, currency_names) as c(account_id, currency)
    join balances b on b.account_id = c.account_id and b.currency = c.currency
    order by b.account_id, b.currency for update of b;
  update balances b
    set available = b.available + c.available, held = b.held + c.held, open_orders = b.open_orders + c.open_orders
    from unnest(account_ids, currency_names, available_changes, held_changes, open_orders_changes)
      as c(account_id, currency, available, held, open_orders)
    where b.account_id = c.account_id and b.currency = c.currency;
  get diagnostics changed = row_count;
  if changed <> cardinality(account_ids) then
    raise exception 'only % of % balances are there to be changed', changed, cardinality(account_ids)
      using errcode = 'foreign_key_violation';
  end if;
end $$;

create function create_balances() returns trigger language plpgsql as $$
begin
  insert into balances (account_id, currency, may_owe)
    select a.account_id, c.currency, a.kind = 'exchange' from accounts a cross join currencies c
    where a.name <> 'exchange:clearing'
      and case tg_table_name when 'accounts' then a.account_id = (to_jsonb(new) ->> 'account_id')::bigint
                             else c.currency = to_jsonb(new) ->> 'currency' end
    on conflict do nothing;
  return new;
end $$;
create trigger account_has_balances after insert on accounts for each row execute function create_balances();
create trigger currency_has_balances after insert on currencies for each row execute function create_balances();

-- Double entry: an entry is what (source, kind, sequence) names, its postings are the rows, and they sum to zero per
-- currency. A hold moves between available and held of one account, so it is one row whose amount is zero.
create table ledger_entries (
  -- The asset whose pipeline wrote it, or 'transfers'.
  source text not null,
  kind text not null check (kind in ('deposit', 'withdrawal', 'hold', 'release', 'trade')),
  -- A hold's command_sequence, a release's or trade's event_sequence, a transfer_id.
  sequence bigint not null,
  account_id bigint not null,
  currency text not null,
  available_change bigint not null,
  held_change bigint not null,
  -- What it changes of all that the account has.
  amount bigint not null generated always as (available_change + held_change) stored,
  at_us bigint not null,
  primary key (source, kind, sequence, account_id, currency),
  constraint holds_change_no_total check (kind not in ('hold', 'release') or available_change + held_change = 0)
);

create function refuse_unbalanced_entries() returns trigger language plpgsql as $$
declare
  unbalanced record;
begin
  select source, kind, sequence, currency into unbalanced from inserted
    where kind not in ('hold', 'release')
    group by source, kind, sequence, currency having sum(amount) <> 0 limit 1;
  if found then
    raise exception 'the postings of % % of % do not sum to zero in %',
      unbalanced.kind, unbalanced.sequence, unbalanced.source, unbalanced.currency using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger entries_are_balanced after insert on ledger_entries referencing new table as inserted
  for each statement execute function refuse_unbalanced_entries();
create trigger ledger_is_append_only before update or delete or truncate on ledger_entries
  for each statement execute function refuse_change();

-- Moves what orders need from available to held, and returns what each account has then (as text: it may be above 2^53).
-- Raises BX010, and moves nothing, when one of them has less, or more open orders than it may.
create function hold_funds(
  account_ids bigint[], held_currencies text[], units bigint[], opened_orders integer[], open_orders_max integer
) returns table (held_account bigint, held_currency text, available_units text, orders_open integer)
language plpgsql as $$
declare
  moved bigint;
begin
  perform 1 from unnest(account_ids, held_currencies) as h(account_id, currency)
    join balances b on b.account_id = h.account_id and b.currency = h.currency
    order by b.account_id, b.currency for update of b;
  return query update balances b
    set available = b.available - h.units, held = b.held + h.units, open_orders = b.open_orders + h.opened
    from unnest(account_ids, held_currencies, units, opened_orders) as h(account_id, currency, units, opened)
    where b.account_id = h.account_id and b.currency = h.currency and b.available >= h.units
      and (h.opened = 0 or b.open_orders + h.opened <= open_orders_max)
    returning b.account_id, b.currency, b.available::text, b.open_orders;
  get diagnostics moved = row_count;
  if moved <> cardinality(account_ids) then
    raise exception 'the funds of % of % accounts can not be held', cardinality(account_ids) - moved,
      cardinality(account_ids) using errcode = 'BX010';
  end if;
end $$;

-- Money that comes in and goes out. The reference makes a repeated one harmless.
create table transfers (
  transfer_id bigint generated always as identity primary key,
  kind text not null check (kind in ('deposit', 'withdrawal')),
  account_id bigint not null references accounts,
  currency text not null references currencies,
  units bigint not null check (units between 1 and 9007199254740991),
  reference text not null unique,
  made_by text not null,
  made_at timestamptz not null default now()
);
create trigger transfers_are_append_only before update or delete or truncate on transfers
  for each statement execute function refuse_change();

-- Books a transfer once, whatever the number of calls with its reference, and returns its id. Raises BX003 when the
-- account does not have what it is to pay out, BX004 when the reference was used for something else.
create function book_transfer(
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
  insert into ledger_entries (source, kind, sequence, account_id, currency, available_change, held_change, at_us) values
    ('transfers', transfer_kind, booked.transfer_id, account, transfer_currency, signed, 0, now_us),
    ('transfers', transfer_kind, booked.transfer_id, clearing, transfer_currency, -signed, 0, now_us);
  return booked.transfer_id;
end $$;

-- What order-processing decided when it held the funds. Null in all of them: nothing was held.
alter table order_log
  add column maker_fee_bps integer,
  add column taker_fee_bps integer,
  -- How far a market order may go: what it is covered to.
  add column protection_price_ticks bigint,
  -- What is left of a quote budget for fills when the highest fee is taken off.
  add column spendable_units bigint,
  -- Of a replace: what is held beyond what its order holds, in ticks * lots (buy) or lots (sell).
  add column cover bigint,
  -- What was held for this command, in the quote currency (buy) or the base currency (sell).
  add column held_units bigint,
  -- With insufficient_funds: what it would have needed, and what there was.
  add column needed_units bigint,
  add column available_units bigint;

-- The replaces of an order that are not settled yet say what it is going to be.
create index order_log_replaces on order_log (asset, order_id, command_sequence) where kind = 'replace' and refused is null;

alter table orders
  -- For its whole life; null: nothing was held for it.
  add column maker_fee_bps integer,
  add column taker_fee_bps integer,
  -- In the quote currency (buy) or the base currency (sell); nothing when it is done.
  add column held_units bigint not null default 0 check (held_units >= 0),
  -- What its fills have paid too much so far, in 1/10,000 of a unit.
  add column fee_carry integer not null default 0 check (fee_carry between 0 and 9999);
comment on column orders.price_ticks is 'of a market order: how far it may go';

-- In units of the quote currency; negative: a rebate. Null: no funds were held.
alter table trades add column maker_fee_units bigint, add column taker_fee_units bigint;
alter table execution_reports add column fee_units bigint;

-- The last command whose hold trade-processing has taken over: what was held for later ones is not in any order yet.
alter table consumer_positions add column hold_command_sequence bigint not null default 0;

drop function take_positions(text, text[], bigint[], bigint[], bigint[], bigint[]);
-- Raises BX001 when a position is not where its writer left it: another writer has the asset.
create function take_positions(
  service_name text, asset_names text[], expected bigint[], reached bigint[], stream_sequences bigint[],
  command_sequences bigint[], hold_command_sequences bigint[]
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
    from unnest(asset_names, expected, reached, stream_sequences, command_sequences, hold_command_sequences)
      as t(asset, expected, reached, stream_sequence, command_sequence, hold_command_sequence)
    where p.service = service_name and p.asset = t.asset and p.sequence = t.expected;
  get diagnostics moved = row_count;
  if moved <> cardinality(asset_names) then
    raise exception 'the position of % in one of % is not where it was left', service_name, asset_names
      using errcode = 'BX001';
  end if;
end $$;
