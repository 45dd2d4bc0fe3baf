-- Whoever follows actions hears of them (src/shared/database/news.ts) when they are committed, and need not look for them all the time.
create function tell_of_actions() returns trigger language plpgsql as $$
begin
  notify actions;
  return null;
end $$;
create trigger actions_are_told after insert on actions for each statement execute function tell_of_actions();
