-- The matching engine reads order_log, and nothing else, where COMMANDS were trimmed and no snapshot can be loaded.
do $$
begin
  if not exists (select from pg_roles where rolname = 'bourse_matching_engine') then
    create role bourse_matching_engine nologin;
  end if;
exception
  when duplicate_object or unique_violation then null; -- somebody else was faster
  when insufficient_privilege then
    raise notice 'the role bourse_matching_engine is not there and can''t be made by %', current_user;
end $$;

select grant_to('bourse_matching_engine', 'select on order_log');
