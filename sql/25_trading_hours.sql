-- Trading hours: an asset that has some opens and closes by itself. Outside of them it only takes cancels; orders rest.

create table trading_hours (
  asset text not null references assets,
  -- ISO: 1 is Monday. Of the day on which they begin.
  weekday smallint not null check (weekday between 1 and 7),
  opens time not null,
  -- Not after the beginning: of the next day.
  closes time not null,
  time_zone text not null,
  primary key (asset, weekday, opens)
);

-- Whether the hours that were followed last had the asset open; null: they are new.
create table trading_hours_followed (
  asset text primary key references assets,
  is_open boolean
);

create function is_within_trading_hours(about_asset text, at timestamptz) returns boolean language sql stable as $$
  select exists (
    select from trading_hours h,
      lateral (select (at at time zone h.time_zone)::date - back as day from generate_series(0, 1) as back) as d
    where h.asset = about_asset and h.weekday = extract(isodow from d.day)
      and at >= (d.day + h.opens) at time zone h.time_zone
      and at < (d.day + h.closes + case when h.closes <= h.opens then interval '1 day' else interval '0' end) at time zone h.time_zone
  )
$$;

-- Opens and closes what is due, once, whoever asks. Never waits for another who does. A state that an operator has set stays:
-- hours close what is open, and open only what they have closed.
create function follow_trading_hours() returns integer language plpgsql security definer set search_path = public, pg_temp as $$
declare
  followed trading_hours_followed;
  opens boolean;
  now_state asset_states;
  changes integer := 0;
begin
  for followed in
    select f.* from trading_hours_followed f
      where f.is_open is distinct from is_within_trading_hours(f.asset, clock_timestamp()) for update skip locked
  loop
    opens := is_within_trading_hours(followed.asset, clock_timestamp());
    update trading_hours_followed set is_open = opens where asset = followed.asset;
    select * into now_state from asset_states where asset = followed.asset;
    if opens and now_state.state = 'cancel_only' and now_state.why = 'outside trading hours' then
      perform set_asset_state(followed.asset, 'open', 'order-processing', 'trading hours');
      changes := changes + 1;
    elsif not opens and coalesce(now_state.state, 'open') in ('open', 'auction') then
      perform set_asset_state(followed.asset, 'cancel_only', 'order-processing', 'outside trading hours');
      changes := changes + 1;
    end if;
  end loop;
  return changes;
end $$;

-- Gives an asset other hours, or none: then it trades at all times. An audit row says so, with the state as it is at the time;
-- what follows from them has one of its own.
create function set_trading_hours(
  about_asset text, weekdays smallint[], opening time[], closing time[], zone text, actor text, reason text
) returns bigint language plpgsql as $$
declare
  now_state asset_states;
  action bigint;
begin
  delete from trading_hours where asset = about_asset;
  delete from trading_hours_followed where asset = about_asset;
  insert into trading_hours select about_asset, w, o, c, zone from unnest(weekdays, opening, closing) as t(w, o, c);
  select * into now_state from asset_states where asset = about_asset;
  if cardinality(weekdays) > 0 then
    insert into trading_hours_followed values (about_asset, null);
  elsif now_state.state = 'cancel_only' and now_state.why = 'outside trading hours' then
    return set_asset_state(about_asset, 'open', actor, reason);
  end if;
  action := record_action('set_asset_state', null, about_asset, coalesce(now_state.state, 'open'), null, null, actor, reason);
  perform follow_trading_hours();
  return action;
end $$;

revoke execute on function follow_trading_hours() from public;
select grant_to('bourse_order_processing', 'execute on function follow_trading_hours()');
select grant_to(r, p)
  from unnest(array['bourse_operator', 'bourse_back_office']) as r,
    unnest(array['execute on function follow_trading_hours()',
      'select, insert, update, delete on trading_hours, trading_hours_followed']) as p;
select grant_to('bourse_reconciliation', 'select on trading_hours, trading_hours_followed');
