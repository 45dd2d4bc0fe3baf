-- What checks the signatures of a key. HMAC needs the secret itself, which api_keys does not have.
create table api_key_signers (
  key_id text primary key references api_keys on delete cascade,
  kind text not null check (kind in ('hmac', 'ed25519')),
  -- AES-256-GCM under KEY_ENCRYPTION_KEY (src/shared/access/key-seal.ts); a row copied to another key opens nothing.
  sealed_secret bytea,
  -- The raw 32 bytes of an Ed25519 public key.
  public_key bytea check (octet_length(public_key) = 32),
  constraint hmac_has_a_secret check ((kind = 'hmac') = (sealed_secret is not null)),
  constraint ed25519_has_a_public_key check ((kind = 'ed25519') = (public_key is not null))
);

select grant_to('bourse_gateway', 'select on api_key_signers');
select grant_to('bourse_operator', 'select, insert, update (sealed_secret) on api_key_signers');
