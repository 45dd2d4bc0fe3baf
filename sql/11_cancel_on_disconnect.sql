-- Cancel on disconnect must not fire for the living. An order-handler renews one row of its own instead of one for each
-- session, and what was due while nobody could renew waits until everybody has had the time to.

-- Who renews sessions: host, address and port, then what tells this process from others there, after a #.
create table order_handlers (
  handler text primary key,
  renewed_at timestamptz not null
) with (fillfactor = 20);

-- A session that goes on: it is due when its handler has not renewed for five seconds, and not before due_at.
alter table cancel_triggers add column lives boolean not null default false;

-- When somebody last looked for what is due, and since when there was no break in that. Where nobody could look, nobody may
-- have been able to renew.
create table trigger_watch (
  looked_at timestamptz not null,
  since timestamptz not null,
  -- The first of the breaks that followed each other: a server that is always slow must not put everything off for ever.
  broken_at timestamptz not null
) with (fillfactor = 20);
insert into trigger_watch values (now(), '-infinity', '-infinity');

-- Turns what is due into actions, once, whoever asks; at most so many. Never waits for a row that is being changed.
create or replace function fire_cancel_triggers(triggers_max integer) returns integer language plpgsql as $$
declare
  looks_at timestamptz := clock_timestamp();
  lease_over timestamptz := looks_at - interval '5 seconds';
  watched_since timestamptz;
  fired integer;
begin
  update trigger_watch set looked_at = looks_at,
      broken_at = case when since <= lease_over and looked_at < looks_at - interval '2 seconds' then looks_at
                       else broken_at end,
      since = case when looked_at < looks_at - interval '2 seconds'
                        and (since <= lease_over or broken_at > looks_at - interval '30 seconds') then looks_at
                   else since end
    returning since into watched_since;
  if watched_since > lease_over then
    return 0;
  end if;
  with due as (
    select t.trigger_id from cancel_triggers t left join order_handlers h using (handler)
      where t.due_at <= looks_at and (not t.lives or coalesce(h.renewed_at <= lease_over, true))
      limit triggers_max for update of t skip locked
  ), gone as (
    delete from cancel_triggers t using due where t.trigger_id = due.trigger_id returning t.account_id, t.kind
  )
  select count(record_action('cancel_all', g.account_id, null, null, null, null, 'order-processing', g.why)) into fired
    from (select account_id, string_agg(distinct case kind when 'timer' then 'its timer ran out'
                                                           else 'its session ended' end, ', ') as why
          from gone group by account_id order by account_id) g;
  return fired;
end $$;

select grant_to('bourse_order_handler', p) from unnest(array[
  'select, insert, update, delete on order_handlers',
  'select on trigger_watch'
]) as p;
select grant_to('bourse_order_processing', p) from unnest(array[
  'select on order_handlers',
  'select, update on trigger_watch'
]) as p;
select grant_to(r, 'select on order_handlers, trigger_watch')
  from unnest(array['bourse_operator', 'bourse_reconciliation']) as r;
