import type { AuthenticatedAccount } from "../shared/access/authentication.js";
import type { KeyCheck } from "../shared/access/key-check.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId } from "../shared/domain/units.js";
import type { CancelTriggers, SessionState } from "../shared/order-entry/cancel-triggers.js";
import { nowEpochMs } from "../shared/process/clock.js";
import type { Logger } from "../shared/process/log.js";
import type { Credentials, LoggedIn } from "./session-requests.js";

const MAY_ONLY_READ = refuse("LOGIN_REJECTED", "the key may only read; orders need a key of the role trade");
const SUSPENDED = refuse("ACCOUNT_SUSPENDED", "the account is suspended, its orders are cancelled; ask the operator");
const NOT_WATCHED = refuse("UNAVAILABLE", "cod=1 can't be promised at the moment; try again a little later");

/** Checks logins: the key must be allowed to trade, its account not suspended, and there must be a place for the session. */
export class SessionLogins {
  readonly #keys: KeyCheck;
  readonly #triggers: CancelTriggers;
  readonly #log: Logger;

  constructor(keys: KeyCheck, triggers: CancelTriggers, log: Logger) {
    this.#keys = keys;
    this.#triggers = triggers;
    this.#log = log;
  }

  /** Never rejects. `placeProblem` refuses the session a place. */
  async login(
    { keyId, secret, cancelOnDisconnect }: Credentials,
    address: string,
    state: SessionState,
    placeProblem: (accountId: AccountId) => Refusal | null,
  ): Promise<LoggedIn | Refusal> {
    const key = await this.#keys.check(keyId, secret, address);
    if (isRefusal(key)) return key;
    if (key.role === "read") return MAY_ONLY_READ;
    if (key.suspended) return SUSPENDED;
    const noPlace = placeProblem(key.accountId);
    if (noPlace !== null) return noPlace;
    try {
      return await this.#admit(key, cancelOnDisconnect ? state : null);
    } catch (err) {
      this.#log.warn({ err }, "a session that cancels on disconnect could not be stored");
      return NOT_WATCHED;
    }
  }

  async #admit(
    { accountId, account, keyId, expiresInMs }: AuthenticatedAccount,
    watched: SessionState | null,
  ): Promise<LoggedIn> {
    const expiresAtMs = expiresInMs === null ? null : nowEpochMs() + expiresInMs;
    const triggerId = watched === null ? null : await this.#triggers.open(accountId, watched);
    return { accountId, account, keyId, expiresAtMs, triggerId };
  }
}
