import type { KeyCheck } from "../../shared/access/key-check.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import { nowEpochMs } from "../../shared/process/clock.js";

/** The `auth` of a handshake, unchecked. */
export interface Handshake {
  readonly keyId?: unknown;
  readonly secret?: unknown;
}

/** The account whose private channels a connection may see. */
export interface SubscriberLogin {
  readonly accountId: AccountId;
  readonly keyId: string;
  /** When the key expires, by the wall clock; null: never. */
  readonly expiresAtMs: number | null;
}

const SECRET_LENGTH_MAX = 256;
const NO_CREDENTIALS = refuse("LOGIN_REJECTED", "auth must be { keyId, secret }, both text, or nothing at all");

/** Checks the credentials; a key of any role may see its account's channels. Null: there are none. Never rejects. */
export async function logInSubscriber(
  keys: KeyCheck,
  { keyId, secret }: Handshake,
  address: string,
): Promise<SubscriberLogin | Refusal | null> {
  if (keyId === undefined && secret === undefined) return null;
  if (!isText(keyId) || !isText(secret) || secret.length > SECRET_LENGTH_MAX) return NO_CREDENTIALS;
  const key = await keys.check(keyId, secret, address);
  if (isRefusal(key)) return key;
  const { accountId, expiresInMs } = key;
  return { accountId, keyId, expiresAtMs: expiresInMs === null ? null : nowEpochMs() + expiresInMs };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0;
}
