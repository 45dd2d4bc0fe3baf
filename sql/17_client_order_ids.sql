-- Client order ids: each belongs to the order that used it first, for ever, whatever becomes of that order's own rows. The
-- key decides, over all assets and processes; its parts are small enough to stay in memory one by one.
create table client_order_ids (
  account_id bigint not null,
  client_order_id text not null,
  asset text not null,
  -- Of a replace: the order that it was about.
  order_id bigint not null,
  primary key (account_id, client_order_id)
) partition by hash (account_id, client_order_id);

do $$
begin
  for part in 0..15 loop
    execute format('create table client_order_ids_%s partition of client_order_ids for values with (modulus 16, remainder %s)',
      part, part);
  end loop;
end $$;

insert into client_order_ids
  select account_id, client_order_id, asset, case kind when 'new' then log_id else order_id end from order_log
  where client_order_id is not null and kind in ('new', 'replace') and refused is distinct from 'duplicate_client_order_id';

drop index order_log_client_order_id;

create trigger client_order_ids_are_append_only before update or delete or truncate on client_order_ids
  for each statement execute function refuse_change();

-- Takes ids for their orders, all or none: raises BX011 when one of them is used already. Whoever else is taking one of them
-- at this moment is waited for, so all who take several give them in one order.
create function take_client_order_ids(account_ids bigint[], ids text[], asset_names text[], order_ids bigint[])
returns void language plpgsql as $$
declare
  taken bigint;
begin
  insert into client_order_ids
    select * from unnest(account_ids, ids, asset_names, order_ids) on conflict do nothing;
  get diagnostics taken = row_count;
  if taken <> cardinality(ids) then
    raise exception '% of % client order ids are used already', cardinality(ids) - taken, cardinality(ids)
      using errcode = 'BX011';
  end if;
end $$;

select grant_to('bourse_order_processing', 'select, insert on client_order_ids');
select grant_to(r, 'select on client_order_ids') from unnest(array['bourse_operator', 'bourse_reconciliation']) as r;
