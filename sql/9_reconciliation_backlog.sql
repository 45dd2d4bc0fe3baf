-- The sums of all postings go through event_sequence; the events themselves are looked at as far as this one.
alter table reconciled_assets add column checked_event_sequence bigint not null default 0;
update reconciled_assets set checked_event_sequence = event_sequence;
comment on column reconciled_assets.settled_command_sequence is 'the commands themselves are looked at as far as this one';
