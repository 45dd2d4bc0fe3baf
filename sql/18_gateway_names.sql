-- The gateway finds the order that a client names by its own id.
select grant_to('bourse_gateway', 'select on client_order_ids');
