import { readFileSync } from "node:fs";
import { rawPublicKey } from "../shared/access/signers.js";
import { findCustomer } from "../shared/operators/accounts.js";
import { perform } from "../shared/operators/acts.js";
import * as operators from "../shared/operators/keys.js";
import { RefusedToOperator } from "../shared/operators/refused.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Call, Outcome } from "./command-line.js";

export async function createKey({ database, actor, keySeal, words, options }: Call): Promise<Outcome> {
  const [name = ""] = words;
  const { role = "trade" } = options;
  const expiresAt = options.expires === undefined ? null : timeOf(options.expires, nowEpochMs());
  const publicKey = options.publicKey === undefined ? null : publicKeyIn(options.publicKey);
  const account = await findCustomer(database, name);
  const wish = { account, role, keyId: options.id, expiresAt, publicKey, keySeal };
  const { key, act } = operators.createKey(wish, { actor, why: options.why ?? role });
  await perform(database, act);
  const { keyId, secret, signs } = key;
  const until = expiresAt === null ? "until it is revoked" : `until ${expiresAt.toISOString()}`;
  const may = `It may ${MAY[role]} for ${name} ${until}.`;
  const made = { keyId, account: name, role, expiresAt };
  if (secret === null)
    return {
      text: `key     ${keyId}\n${may} Requests are signed with the private key of ${options.publicKey}; it has no secret.`,
      json: { ...made, signs },
    };
  const unsigned = signs === null ? " It can't sign requests: KEY_ENCRYPTION_KEY is not set." : "";
  return {
    text: `key     ${keyId}\nsecret  ${secret}\n${may} The secret is shown this once.${unsigned}`,
    json: { ...made, secret, signs },
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
  await perform(database, operators.revokeKey(keyId, { actor, why: options.why ?? "" }));
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
