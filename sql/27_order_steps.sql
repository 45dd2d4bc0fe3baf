-- The gateway tells an account when its order was where: of the order log it may see times, and nothing that was asked for.
select grant_to('bourse_gateway',
  'select (asset, log_id, command_sequence, account_id, received_at_us, sequenced_at_us, xmin) on order_log');
