-- What settlement writes into book_states is compared with the commands that say so, and with the actions that they came of.
select grant_to('bourse_reconciliation', p) from unnest(array[
  'select on book_states',
  'select (action_id, kind, asset, made_by, why) on actions'
]) as p;

-- An asset's last decisions, among all that operators and timers ever did.
create index actions_of_states on actions (action_id) where kind = 'set_asset_state';
