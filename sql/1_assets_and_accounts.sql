-- Who trades, and what. Amounts are whole numbers everywhere: prices in ticks, quantities in lots, times in
-- microseconds since the epoch; the tables below say what one tick and one lot of an asset are worth.

create table assets (
  asset text primary key,
  base text not null,
  quote text not null,
  tick_size numeric not null check (tick_size > 0),
  lot_size numeric not null check (lot_size > 0)
);

create table accounts (
  account_id bigint generated always as identity primary key,
  name text not null unique,
  suspended boolean not null default false,
  created_at timestamptz not null default now()
);

-- The last number drawn in each account's sequence of execution reports. Updated with every batch of reports,
-- so it has a table of its own with room for the new row versions on the same page.
create table account_sequences (
  account_id bigint primary key references accounts,
  last_sequence bigint not null default 0 check (last_sequence >= 0)
) with (fillfactor = 20);

-- Every account has its sequence from its first moment on.
create function create_account_sequence() returns trigger language plpgsql as $$
begin
  insert into account_sequences (account_id) values (new.account_id);
  return new;
end $$;
create trigger account_has_sequence after insert on accounts
  for each row execute function create_account_sequence();

-- Only a salted hash of a key's secret is kept.
create table api_keys (
  key_id text primary key,
  account_id bigint not null references accounts,
  salt bytea not null,
  secret_hash bytea not null,
  revoked boolean not null default false,
  created_at timestamptz not null default now()
);
