-- Each asset's state as its book has it: written with the event that says so, where asset_states says what was decided. An
-- asset that is not here has been open from its first command on.
create table book_states (
  asset text primary key,
  state text not null check (state in ('open', 'cancel_only', 'halted', 'auction')),
  since_us bigint not null,
  event_sequence bigint not null,
  -- Who decided it, and why, by actions.
  made_by text,
  why text
);

-- What was decided before there was this table.
insert into book_states
  select s.asset, s.state, (extract(epoch from s.since) * 1000000)::bigint, 0,
    (select a.made_by from actions a where a.kind = 'set_asset_state' and coalesce(a.asset, s.asset) = s.asset
     order by a.action_id desc limit 1), s.why
  from asset_states s;

select grant_to('bourse_trade_processing', p) from unnest(array[
  'select, insert, update on book_states',
  'select (asset, command_sequence, action_id) on order_log',
  'select (action_id, made_by, why) on actions'
]) as p;
select grant_to('bourse_market_data_notifier', 'select on book_states');
select grant_to('bourse_operator', 'select on book_states');
