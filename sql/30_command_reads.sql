-- What settlement asks of a command that is not in the days around now: these look into every part. They are plpgsql so that the
-- statements that call them, once in a long while, have no plan with all parts in it, which would be opened each time.
create function last_request(of_asset text, through_command bigint) returns bigint language plpgsql stable as $$
begin
  return (select log_id from order_log
    where asset = of_asset and command_sequence <= through_command and log_id is not null
    order by command_sequence desc limit 1);
end $$;

create function action_of_command(of_asset text, sequence bigint) returns bigint language plpgsql stable as $$
begin
  return (select action_id from order_log where asset = of_asset and command_sequence = sequence);
end $$;
