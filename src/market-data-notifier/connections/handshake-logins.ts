import type { AccessTokens } from "../../shared/access/access-tokens.js";
import type { KeyCheck } from "../../shared/access/key-check.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import { nowEpochMs } from "../../shared/process/clock.js";

/** The `auth` of a handshake, unchecked. */
export interface Handshake {
  readonly keyId?: unknown;
  readonly secret?: unknown;
  readonly token?: unknown;
}

/** The account whose private channels a connection may see. */
export interface SubscriberLogin {
  readonly accountId: AccountId;
  /** Or the id of a sign-in. */
  readonly keyId: string;
  /** When the key or the sign-in expires, by the wall clock; null: never. */
  readonly expiresAtMs: number | null;
}

export interface LoginChecks {
  readonly keys: KeyCheck;
  readonly tokens: AccessTokens;
}

const SECRET_LENGTH_MAX = 256;
const NO_CREDENTIALS = refuse(
  "LOGIN_REJECTED",
  "auth must be { keyId, secret }, both text, or { token }, or nothing at all",
);

/** Checks the credentials; a key of any role may see its account's channels. Null: there are none. Never rejects. */
export async function logInSubscriber(
  { keys, tokens }: LoginChecks,
  { keyId, secret, token }: Handshake,
  address: string,
): Promise<SubscriberLogin | Refusal | null> {
  if (keyId === undefined && secret === undefined)
    return token === undefined ? null : isText(token) ? await logInByToken(tokens, token) : NO_CREDENTIALS;
  if (token !== undefined) return NO_CREDENTIALS;
  if (!isText(keyId) || !isText(secret) || secret.length > SECRET_LENGTH_MAX) return NO_CREDENTIALS;
  const key = await keys.check(keyId, secret, address);
  if (isRefusal(key)) return key;
  const { accountId, expiresInMs } = key;
  return { accountId, keyId, expiresAtMs: expiresInMs === null ? null : nowEpochMs() + expiresInMs };
}

/** The connection outlives the token, and ends with the sign-in. */
async function logInByToken(tokens: AccessTokens, token: string): Promise<SubscriberLogin | Refusal> {
  const signIn = await tokens.check(token, nowEpochMs());
  if (isRefusal(signIn)) return signIn;
  const { accountId, sessionId, sessionEndsAtMs } = signIn;
  return { accountId, keyId: sessionId, expiresAtMs: sessionEndsAtMs };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}
