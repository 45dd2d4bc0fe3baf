/** Who asks, in Binance's dialect: a key's id, a time, and a signature of all that was sent. */
import { type Access, keyProblem } from "../../shared/access/access-feed.js";
import type { KeyRole } from "../../shared/access/authentication.js";
import type { KeyCheck } from "../../shared/access/key-check.js";
import { isKeyId } from "../../shared/access/key-id.js";
import {
  clockProblem,
  derivedClientOrderId as derived,
  WINDOW_DEFAULT_MS,
  WINDOW_MAX_MS,
} from "../../shared/access/signed-requests.js";
import type { Signed, SigningKeys } from "../../shared/access/signing-keys.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";
import { BinanceError, errorOfRefusal, SIGNATURE_ERRORS } from "./errors.js";
import type { Parameters } from "./parameters.js";
import type { SignedPayload } from "./signed-payload.js";

/** Whose a request is. */
export interface Caller {
  readonly accountId: AccountId;
  readonly account: string;
  readonly keyId: string;
  readonly role: KeyRole;
  readonly expiresAtMs: number | null;
  readonly suspended: boolean;
  /** For an order that brings no client order id: the same bytes are the same order. */
  readonly derivedClientOrderId: string;
}

export interface CallersParts {
  readonly keys: Pick<SigningKeys, "has">;
  readonly check: KeyCheck<Signed>;
  readonly access: Access;
  readonly nowEpochMs: () => number;
}

const UNKNOWN_KEY = "there is no such key, or it was revoked, has expired, or does not sign";

export class Callers {
  readonly #parts: CallersParts;

  constructor(parts: CallersParts) {
    this.#parts = parts;
  }

  /** Throws a BinanceError. The signature is looked at last, as it costs most. */
  async identify(
    keyId: string,
    given: Parameters,
    { payload, signature }: SignedPayload,
    address: string,
  ): Promise<Caller> {
    const { keys, check } = this.#parts;
    if (signature === null) throw BinanceError.missing("signature");
    const nowMs = this.#timely(given);
    if (!isKeyId(keyId)) throw SIGNATURE_ERRORS.format();
    // As Binance does, this tells which ids are those of keys; what is theirs it tells nobody without the signature.
    const isKnown = await keys.has(keyId).catch(() => true);
    const account = await check.check(keyId, { payload, signature }, address);
    if (isRefusal(account)) {
      if (account.name !== "LOGIN_REJECTED") throw errorOfRefusal(account);
      throw isKnown ? SIGNATURE_ERRORS.signature() : SIGNATURE_ERRORS.key(UNKNOWN_KEY);
    }
    const { role, suspended, expiresInMs, ...whose } = account;
    const expiresAtMs = expiresInMs === null ? null : nowMs + expiresInMs;
    return this.#good({ ...whose, role, suspended, expiresAtMs, derivedClientOrderId: derived(keyId, payload) });
  }

  /** The next request of a connection that has logged in: without a signature, but in time. Throws a BinanceError. */
  again(session: Caller, given: Parameters, payload: string): Caller {
    this.#timely(given);
    return this.#good({ ...session, derivedClientOrderId: derived(session.keyId, payload) });
  }

  /** Whether the key is still good. */
  isGood(caller: Caller): boolean {
    return keyProblem(this.#parts.access, caller, this.#parts.nowEpochMs()) === null;
  }

  #good(caller: Caller): Caller {
    const { access, nowEpochMs } = this.#parts;
    const problem = keyProblem(access, caller, nowEpochMs());
    if (problem !== null) throw SIGNATURE_ERRORS.key(problem.text);
    return { ...caller, suspended: access.isSuspended(caller.accountId) };
  }

  /** The time here, within the request's window. */
  #timely(given: Parameters): number {
    given.skip("signature", "apiKey");
    const timestampMs = given.whole("timestamp");
    if (timestampMs === null) throw BinanceError.missing("timestamp");
    const windowMs = given.whole("recvWindow") ?? WINDOW_DEFAULT_MS;
    if (windowMs > WINDOW_MAX_MS) throw SIGNATURE_ERRORS.window();
    const nowMs = this.#parts.nowEpochMs();
    const late = clockProblem(inMs(timestampMs), windowMs, nowMs);
    if (late !== null) throw SIGNATURE_ERRORS[late](nowMs);
    return nowMs;
  }
}

/** Throws unless the key may place orders. */
export function assertMayTrade({ role }: Caller): void {
  if (role === "read") throw SIGNATURE_ERRORS.key("a key of the role read may not trade");
}

/** A time in milliseconds; clients may send microseconds. */
function inMs(time: number): number {
  return time > 1e15 ? Math.floor(time / 1_000) : time;
}
