-- The rest of an order's terms, so that reports and snapshots carry all of them. None of them ever changes.
alter table orders
  add column display_lots bigint,
  add column minimum_lots bigint,
  add column post_only boolean not null default false,
  add column expires_at_ms bigint,
  -- As its client asked, fees included.
  add column quote_budget_units bigint,
  add column self_trade_prevention text not null default 'cancel_newest';

update orders o set display_lots = l.display_lots, minimum_lots = l.minimum_lots, post_only = l.post_only,
    expires_at_ms = l.expires_at_ms, quote_budget_units = l.quote_budget_units,
    self_trade_prevention = l.self_trade_prevention
  from order_log l
  where l.asset = o.asset and l.log_id = o.order_id and l.kind = 'new' and l.self_trade_prevention is not null;

-- What a client asked to spend is written there only: a command says what is left of it for fills.
select grant_to('bourse_trade_processing', 'select (asset, log_id, quote_budget_units) on order_log');
