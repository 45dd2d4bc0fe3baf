import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { KEY_ROLES } from "../shared/access/authentication.js";
import { isKeyId, KEY_ID_RULE } from "../shared/access/key-id.js";
import { newSecret, saltedHash } from "../shared/access/key-secrets.js";
import { rawPublicKey } from "../shared/access/signers.js";
import { isPostgresError } from "../shared/database/postgres-errors.js";
import { nowEpochMs } from "../shared/process/clock.js";
import { findCustomer } from "./accounts.js";
import { type Call, type Outcome, RefusedToOperator } from "./command-line.js";

export async function createKey({ database, actor, keySeal, words, options }: Call): Promise<Outcome> {
  const [name = ""] = words;
  const { role = "trade", id: keyId = `${name}-${randomBytes(4).toString("hex")}` } = options;
  if (!KEY_ROLES.some((known) => known === role))
    throw new RefusedToOperator(`--role is ${role}; it must be one of ${KEY_ROLES.join(", ")}`);
  if (!isKeyId(keyId)) throw new RefusedToOperator(`--id must be ${KEY_ID_RULE}`);
  const expiresAt = options.expires === undefined ? null : timeOf(options.expires, nowEpochMs());
  const publicKey = options.publicKey === undefined ? null : publicKeyIn(options.publicKey);
  const { accountId, status } = await findCustomer(database, name);
  if (status === "closed") throw new RefusedToOperator(`${name} is closed; it gets no more keys`);
  const secret = newSecret();
  const { salt, hash } = saltedHash(secret);
  const sealed = publicKey === null ? (keySeal?.seal(keyId, secret) ?? null) : null;
  try {
    await database.query(
      `with made as (
         insert into api_keys (key_id, account_id, salt, secret_hash, role, expires_at) values ($1, $2, $3, $4, $5, $6)
         returning key_id, account_id),
       signer as (
         insert into api_key_signers (key_id, kind, sealed_secret, public_key)
         select key_id, case when $9::bytea is null then 'ed25519' else 'hmac' end, $9, $10 from made
         where coalesce($9, $10::bytea) is not null)
       select record_action('create_key', account_id, null, null, key_id, null, $7, $8) from made`,
      [keyId, accountId, salt, hash, role, expiresAt, actor, options.why ?? role, sealed, publicKey],
    );
  } catch (error) {
    if (!isPostgresError(error, "uniqueViolation")) throw error;
    throw new RefusedToOperator(`there is a key ${keyId} already; leave --id out, or choose another`);
  }
  const until = expiresAt === null ? "until it is revoked" : `until ${expiresAt.toISOString()}`;
  const may = `It may ${MAY[role]} for ${name} ${until}.`;
  const key = { keyId, account: name, role, expiresAt };
  if (publicKey !== null)
    return {
      text: `key     ${keyId}\n${may} Requests are signed with the private key of ${options.publicKey}; it has no secret.`,
      json: { ...key, signs: "ed25519" },
    };
  const signs = sealed === null ? " It can't sign requests: KEY_ENCRYPTION_KEY is not set." : "";
  return {
    text: `key     ${keyId}\nsecret  ${secret}\n${may} The secret is shown this once.${signs}`,
    json: { ...key, secret, signs: sealed === null ? null : "hmac" },
  };
}

function publicKeyIn(file: string): Buffer {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new RefusedToOperator(`--public-key: ${file} can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const publicKey = rawPublicKey(text);
  if (publicKey !== null) return publicKey;
  throw new RefusedToOperator(
    `--public-key: ${file} is no Ed25519 public key; to make one: openssl genpkey -algorithm ed25519 -out private.pem && ` +
      "openssl pkey -in private.pem -pubout -out public.pem",
  );
}

const MAY: Record<string, string> = { trade: "trade", read: "read", operator: "trade and operate" };

export async function revokeKey({ database, actor, words, options }: Call): Promise<Outcome> {
  const [keyId = ""] = words;
  try {
    await database.query("select revoke_key($1, $2, $3)", [keyId, actor, options.why]);
  } catch (error) {
    if (!isPostgresError(error, "noSuchKey")) throw error;
    const [known] = await database.query("select 1 from api_keys where key_id = $1", [keyId]);
    const problem = known === undefined ? `there is no key ${keyId}` : `${keyId} is revoked already`;
    throw new RefusedToOperator(`${problem}; npm run account -- show <account> lists keys`);
  }
  return { text: `${keyId} is revoked; its sessions end within a second`, json: { keyId, revoked: true } };
}

/** Parses an expiry: "90d", "12h", or a time such as 2027-01-31 or 2027-01-31T12:00:00Z. */
function timeOf(text: string, nowMs: number): Date {
  const [, count, unit] = /^(\d{1,5})([dh])$/.exec(text) ?? [];
  const hours = Number(count) * (unit === "d" ? 24 : 1);
  const isTime = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text);
  const ms = count !== undefined ? nowMs + hours * 3_600_000 : isTime ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw new RefusedToOperator(`--expires is ${text}; it must be like 90d, 12h, 2027-01-31 or 2027-01-31T12:00:00Z`);
  if (ms <= nowMs) throw new RefusedToOperator(`--expires is ${text}, which is over`);
  return new Date(ms);
}
