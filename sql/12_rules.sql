-- What an engine decides by beside its commands is a command, too: a replay sees what was in force at each place.
alter table order_log
  -- Of set_rules, one JSON object: version (of the builds that may decide), allowSelfTrade, openOrdersMax, displaySlicesMax,
  -- eventsPerCommandMax.
  add column rules text,
  add constraint order_log_rules_are_set_by_their_kind check ((kind = 'set_rules') = (rules is not null)) not valid,
  drop constraint order_log_kind_check,
  -- Not valid: no row that is there can break it, and a long log need not be read.
  add constraint order_log_kind_check check (
    kind in ('new', 'cancel', 'replace', 'cancel_all', 'set_asset_state', 'set_rules', 'advance_clock')
  ) not valid;

-- The last ones of an asset.
create index order_log_rules on order_log (asset, command_sequence) where kind = 'set_rules';
