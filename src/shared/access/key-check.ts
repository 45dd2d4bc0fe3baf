import { isAboutValues } from "../database/postgres-errors.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { Logger } from "../process/log.js";
import { beforeDeadline, pausedFor } from "../process/waits.js";
import type { Authenticate, AuthenticatedAccount } from "./authentication.js";
import { networkOf, type WrongLoginLimits, WrongLogins } from "./wrong-logins.js";

export interface KeyCheckLimits {
  /** Logins that wait for Postgres at the same time, all addresses together; one address may have a quarter of them. */
  readonly waitingMax: number;
  /** How long Postgres may take. */
  readonly answerTimeoutMs: number;
  readonly wrong: WrongLoginLimits;
  /** How long a wrong login waits for its answer when there were too many before it. */
  readonly slowedMs: number;
}

const WRONG = refuse("LOGIN_REJECTED", "the key or its secret is wrong");
const LIMITED = refuse("LOGIN_LIMITED", "too many wrong logins came from here; wait a minute, then try again");
const TOO_MANY = refuse("BUSY", "too many logins at the same time; try again a little later");
const UNAVAILABLE = refuse("UNAVAILABLE", "logins can't be checked at the moment; try again a little later");

/**
 * Who a key says somebody is, for both doors. Secrets have 256 bits, so every login is checked, and only wrong ones are
 * slowed down: whoever has the right secret gets in, however many others have tried. What an outsider gets to know is the
 * same for every key that is not good.
 */
export class KeyCheck {
  readonly #authenticate: Authenticate;
  readonly #limits: KeyCheckLimits;
  readonly #log: Logger;
  readonly #wrong: WrongLogins;
  /** By network. */
  readonly #waiting = new Map<string, number>();
  #waitingCount = 0;
  #isFailing = false;

  constructor(authenticate: Authenticate, limits: KeyCheckLimits, log: Logger) {
    this.#authenticate = authenticate;
    this.#limits = limits;
    this.#log = log;
    this.#wrong = new WrongLogins(limits.wrong);
  }

  /** Never rejects. */
  async check(keyId: string, secret: string, address: string): Promise<AuthenticatedAccount | Refusal> {
    const network = networkOf(address);
    const { waitingMax, answerTimeoutMs } = this.#limits;
    const ofNetwork = this.#waiting.get(network) ?? 0;
    if (this.#waitingCount >= waitingMax || ofNetwork >= Math.ceil(waitingMax / 4)) return TOO_MANY;
    this.#count(network, 1);
    try {
      const answer = this.#authenticate(keyId, secret).finally(() => this.#count(network, -1));
      const account = await beforeDeadline(answer, answerTimeoutMs);
      this.#isFailing = false;
      return account ?? (await this.#refuseWrong(keyId, address));
    } catch (err) {
      if (isAboutValues(err)) return await this.#refuseWrong(keyId, address);
      if (!this.#isFailing) this.#log.warn({ err }, "logins can't be checked; each that comes is told so");
      this.#isFailing = true;
      return UNAVAILABLE;
    }
  }

  async #refuseWrong(keyId: string, address: string): Promise<Refusal> {
    if (!this.#wrong.isOneTooMany(address, keyId, performance.now())) return WRONG;
    await pausedFor(this.#limits.slowedMs);
    return LIMITED;
  }

  #count(network: string, change: 1 | -1): void {
    this.#waitingCount += change;
    const waiting = (this.#waiting.get(network) ?? 0) + change;
    if (waiting === 0) this.#waiting.delete(network);
    else this.#waiting.set(network, waiting);
  }
}
