import type { Authenticate } from "../shared/access/authentication.js";
import { type FailedLoginLimits, FailedLogins } from "../shared/access/failed-logins.js";
import { type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId } from "../shared/domain/units.js";
import type { Logger } from "../shared/process/log.js";

/** What a handshake carries, whatever that is. */
export interface Handshake {
  readonly keyId?: unknown;
  readonly secret?: unknown;
}

export interface LoggedIn {
  readonly accountId: AccountId;
  readonly keyId: string;
  /** Monotonic; null: never. */
  readonly expiresAtMs: number | null;
}

const CREDENTIAL_LENGTH_MAX = 256;

const NO_CREDENTIALS = refuse("LOGIN_REJECTED", "auth must be { keyId, secret }, both text, or nothing at all");
const TOO_MANY_LOGINS = refuse("BUSY", "too many logins at once; try again in a second");
const WRONG_LOGIN = refuse("LOGIN_REJECTED", "unknown key or wrong secret");
const UNAVAILABLE = refuse("UNAVAILABLE", "keys can't be checked now; try again in a few seconds");

/** Who may see an account's own channels: every key of it, whatever its role. */
export class Logins {
  readonly #authenticate: Authenticate;
  readonly #inFlightMax: number;
  readonly #failed: FailedLogins;
  readonly #log: Logger;
  #inFlight = 0;

  constructor(
    authenticate: Authenticate,
    limits: { readonly loginsMax: number; readonly failedLogins: FailedLoginLimits },
    log: Logger,
  ) {
    this.#authenticate = authenticate;
    this.#inFlightMax = limits.loginsMax;
    this.#failed = new FailedLogins(limits.failedLogins);
    this.#log = log;
  }

  /** Null: nobody logs in. Never rejects. */
  async login({ keyId, secret }: Handshake, address: string): Promise<LoggedIn | Refusal | null> {
    if (keyId === undefined && secret === undefined) return null;
    if (!isCredential(keyId) || !isCredential(secret)) return NO_CREDENTIALS;
    if (this.#inFlight >= this.#inFlightMax) return TOO_MANY_LOGINS;
    const tooMany = this.#failed.attempt(address, keyId, performance.now());
    if (tooMany !== null) return tooMany;
    this.#inFlight += 1;
    try {
      const account = await this.#authenticate(keyId, secret);
      if (account === null) return WRONG_LOGIN;
      this.#failed.excuse(address, keyId);
      const { accountId, expiresInMs } = account;
      return { accountId, keyId, expiresAtMs: expiresInMs === null ? null : performance.now() + expiresInMs };
    } catch (err) {
      this.#failed.excuse(address, keyId);
      this.#log.warn({ err }, "a key can't be checked");
      return UNAVAILABLE;
    } finally {
      this.#inFlight -= 1;
    }
  }
}

function isCredential(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= CREDENTIAL_LENGTH_MAX;
}
