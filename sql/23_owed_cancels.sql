-- A session that took the place of one that had ended, and then was refused because Postgres answered too late: nobody is
-- there, and the orders of the one before are to go as if nobody had come.
alter table cancel_triggers add column owes boolean not null default false;
