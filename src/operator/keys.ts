import { randomBytes } from "node:crypto";
import { KEY_ROLES } from "../shared/access/authentication.js";
import { isKeyId, KEY_ID_RULE } from "../shared/access/key-id.js";
import { newSecret, saltedHash } from "../shared/access/key-secrets.js";
import { isPostgresError } from "../shared/database/postgres-errors.js";
import { nowEpochMs } from "../shared/process/clock.js";
import { findCustomer } from "./accounts.js";
import { type Call, type Outcome, RefusedToOperator } from "./command-line.js";

export async function createKey({ database, actor, words, options }: Call): Promise<Outcome> {
  const [name = ""] = words;
  const { role = "trade", id: keyId = `${name}-${randomBytes(4).toString("hex")}` } = options;
  if (!KEY_ROLES.some((known) => known === role))
    throw new RefusedToOperator(`--role is ${role}; it must be one of ${KEY_ROLES.join(", ")}`);
  if (!isKeyId(keyId)) throw new RefusedToOperator(`--id must be ${KEY_ID_RULE}`);
  const expiresAt = options.expires === undefined ? null : timeOf(options.expires, nowEpochMs());
  const { accountId, status } = await findCustomer(database, name);
  if (status === "closed") throw new RefusedToOperator(`${name} is closed; it gets no more keys`);
  const secret = newSecret();
  const { salt, hash } = saltedHash(secret);
  try {
    await database.query(
      `with made as (
         insert into api_keys (key_id, account_id, salt, secret_hash, role, expires_at) values ($1, $2, $3, $4, $5, $6)
         returning key_id, account_id)
       select record_action('create_key', account_id, null, null, key_id, null, $7, $8) from made`,
      [keyId, accountId, salt, hash, role, expiresAt, actor, options.why ?? role],
    );
  } catch (error) {
    if (!isPostgresError(error, "uniqueViolation")) throw error;
    throw new RefusedToOperator(`there is a key ${keyId} already; leave --id out, or choose another`);
  }
  const until = expiresAt === null ? "until it is revoked" : `until ${expiresAt.toISOString()}`;
  return {
    text: `key     ${keyId}\nsecret  ${secret}\nIt may ${MAY[role]} for ${name} ${until}. The secret is shown this once.`,
    json: { keyId, secret, account: name, role, expiresAt },
  };
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
