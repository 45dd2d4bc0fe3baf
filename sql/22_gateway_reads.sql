-- What accounts ask the gateway about themselves.

-- The ledger of an account, as it is shown: what changed all that it has. Holds and releases, which are most entries, change
-- nothing of that, and cost nothing here.
create index ledger_entries_of_account on ledger_entries (account_id, at_us)
  where kind in ('deposit', 'withdrawal', 'trade');

-- Keys that an account makes and revokes for itself: of these two actions, and of no other account. Whoever calls is trusted
-- to have checked the issuer's key. Raises BX020 when the account has as many good keys as it may.
create function issue_own_key(
  account bigint, issuer text, key text, key_salt bytea, key_hash bytea, key_role text, expires timestamptz, keys_max integer
) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if key_role not in ('trade', 'read') then
    raise exception 'nobody makes a key of the role % for himself', key_role using errcode = '22023';
  end if;
  perform 1 from accounts where account_id = account and kind = 'customer' and not closed for update;
  if not found or (select count(*) from api_keys k where k.account_id = account and k.revoked_at is null
                     and coalesce(k.expires_at > now(), true)) >= keys_max then
    raise exception 'account % may have no more keys', account using errcode = 'BX020';
  end if;
  insert into api_keys (key_id, account_id, salt, secret_hash, role, expires_at)
    values (key, account, key_salt, key_hash, key_role, expires);
  return record_action('create_key', account, null, null, key, null, 'key ' || issuer, key_role);
end $$;

-- Raises BX006 when the account has no such key that could be revoked.
create function revoke_own_key(account bigint, issuer text, key text) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select from api_keys k where k.key_id = key and k.account_id = account and k.revoked_at is null) then
    raise exception 'there is no key % of account % to revoke', key, account using errcode = 'BX006';
  end if;
  return revoke_key(key, 'key ' || issuer, 'its owner revoked it');
end $$;

revoke execute on function issue_own_key, revoke_own_key from public;
select grant_to('bourse_gateway', 'execute on function issue_own_key, revoke_own_key');
