import type { Authenticate, AuthenticatedAccount } from "../shared/access/authentication.js";
import { type FailedLoginLimits, FailedLogins } from "../shared/access/failed-logins.js";
import { type Refusal, refuse } from "../shared/domain/rejects.js";
import type { Logger } from "../shared/process/log.js";
import { beforeDeadline } from "../shared/process/waits.js";
import type { CancelTriggers } from "./cancel-triggers.js";
import type { Credentials, LoggedIn } from "./session.js";

export interface LoginLimits {
  /** Logins that may be checked at the same time. */
  readonly inFlightMax: number;
  /** How long Postgres may take. */
  readonly answerTimeoutMs: number;
  readonly failed: FailedLoginLimits;
}

const WRONG_LOGIN = refuse("LOGIN_REJECTED", "the key or its secret is wrong");
const MAY_ONLY_READ = refuse("LOGIN_REJECTED", "the key may only read; orders need a key of the role trade");
const SUSPENDED = refuse("ACCOUNT_SUSPENDED", "the account is suspended, its orders are cancelled; ask the operator");
const TOO_MANY_LOGINS = refuse("BUSY", "too many logins at the same time; try again a little later");
const LOGIN_UNAVAILABLE = refuse("UNAVAILABLE", "logins can't be checked at the moment; try again a little later");

/** Who may come in. What an outsider gets to know is the same for every key that is not good. */
export class Logins {
  readonly #authenticate: Authenticate;
  readonly #triggers: CancelTriggers;
  readonly #limits: LoginLimits;
  readonly #log: Logger;
  readonly #failed: FailedLogins;
  #inFlight = 0;

  constructor(authenticate: Authenticate, triggers: CancelTriggers, limits: LoginLimits, log: Logger) {
    this.#authenticate = authenticate;
    this.#triggers = triggers;
    this.#limits = limits;
    this.#log = log;
    this.#failed = new FailedLogins(limits.failed);
  }

  /** Never rejects. `isLeaving`: the session takes no more requests. */
  async login(credentials: Credentials, address: string, isLeaving: () => boolean): Promise<LoggedIn | Refusal> {
    const { keyId } = credentials;
    if (this.#inFlight >= this.#limits.inFlightMax) return TOO_MANY_LOGINS;
    const tooMany = this.#failed.attempt(address, keyId, performance.now());
    if (tooMany !== null) return tooMany;
    try {
      const account = await this.#check(credentials).catch((error: unknown) => {
        this.#failed.excuse(address, keyId);
        throw error;
      });
      if (account === null) return WRONG_LOGIN;
      this.#failed.excuse(address, keyId);
      return await this.#admit(account, credentials, isLeaving);
    } catch (err) {
      this.#log.warn({ err }, "a login could not be checked");
      return LOGIN_UNAVAILABLE;
    }
  }

  #check({ keyId, secret }: Credentials): Promise<AuthenticatedAccount | null> {
    this.#inFlight++;
    const answer = this.#authenticate(keyId, secret).finally(() => this.#inFlight--);
    return beforeDeadline(answer, this.#limits.answerTimeoutMs);
  }

  /** Only who knows the secret gets here. */
  async #admit(
    key: AuthenticatedAccount,
    { cancelOnDisconnect }: Credentials,
    isLeaving: () => boolean,
  ): Promise<LoggedIn | Refusal> {
    if (key.role === "read") return MAY_ONLY_READ;
    if (key.suspended) return SUSPENDED;
    const { accountId, account, keyId, expiresInMs } = key;
    const expiresAtMs = expiresInMs === null ? null : performance.now() + expiresInMs;
    const triggerId = cancelOnDisconnect ? await this.#triggers.open(accountId, isLeaving) : null;
    return { accountId, account, keyId, expiresAtMs, triggerId };
  }
}
