import { isAboutValues } from "../database/postgres-errors.js";
import { type Refusal, refuse } from "../domain/rejects.js";
import type { Logger } from "../process/log.js";
import { beforeDeadline, pausedFor } from "../process/waits.js";
import type { Authenticate, AuthenticatedAccount } from "./authentication.js";
import { networkOf, type WrongLoginLimits, WrongLogins } from "./wrong-logins.js";

export interface KeyCheckLimits {
  /** Limit of the logins that wait for Postgres; those of one network may be a quarter of it. */
  readonly waitingMax: number;
  /** How long Postgres may take for an answer. */
  readonly answerTimeoutMs: number;
  readonly wrong: WrongLoginLimits;
  /** How long the answer to a wrong login is delayed after too many wrong ones. */
  readonly slowedMs: number;
}

const WRONG = refuse("LOGIN_REJECTED", "the key or its secret is wrong");
const LIMITED = refuse("LOGIN_LIMITED", "too many wrong logins came from here; wait a minute, then try again");
const TOO_MANY = refuse("BUSY", "too many logins at the same time; try again a little later");
const UNAVAILABLE = refuse("UNAVAILABLE", "logins can't be checked at the moment; try again a little later");

/**
 * Checks the keys of logins, for the order-handler and the notifier, and of signed requests. Secrets have 256 random bits and
 * can't be guessed, so every login is checked and only wrong ones are slowed down: the right secret works however many others
 * have tried. An outsider gets the same answer for every key that is not good.
 */
export class KeyCheck<Proof = string> {
  readonly #authenticate: Authenticate<Proof>;
  readonly #limits: KeyCheckLimits;
  readonly #log: Logger;
  readonly #wrong: WrongLogins;
  /** Waiting logins by network. */
  readonly #waiting = new Map<string, number>();
  #waitingCount = 0;
  #isFailing = false;

  constructor(authenticate: Authenticate<Proof>, limits: KeyCheckLimits, log: Logger) {
    this.#authenticate = authenticate;
    this.#limits = limits;
    this.#log = log;
    this.#wrong = new WrongLogins(limits.wrong);
  }

  /** Never rejects. */
  async check(keyId: string, proof: Proof, address: string): Promise<AuthenticatedAccount | Refusal> {
    const network = networkOf(address);
    const { waitingMax, answerTimeoutMs } = this.#limits;
    const ofNetwork = this.#waiting.get(network) ?? 0;
    if (this.#waitingCount >= waitingMax || ofNetwork >= Math.ceil(waitingMax / 4)) return TOO_MANY;
    this.#count(network, 1);
    try {
      const answer = this.#authenticate(keyId, proof).finally(() => this.#count(network, -1));
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
