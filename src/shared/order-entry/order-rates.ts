import { type Refusal, refuse } from "../domain/rejects.js";
import type { AccountId } from "../domain/units.js";
import { type BucketSize, TokenBucket } from "../process/token-bucket.js";

/**
 * Limits of the requests for the log and of timers. Cancels and timers, which take risk away, may go into debt by one more
 * burst: a client that has placed orders too fast can still cancel them.
 */
export interface RateLimits {
  readonly perSession: BucketSize;
  /** Over all the account's sessions with this order-handler. */
  readonly perAccount: BucketSize;
}

/** Keeps the rates of sessions and accounts, and refuses requests beyond them. Pure; times are monotonic. */
export class OrderRates {
  readonly #limits: RateLimits;
  readonly #accounts = new Map<AccountId, TokenBucket>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  newSession(nowMs: number): TokenBucket {
    return new TokenBucket(this.#limits.perSession, nowMs);
  }

  refuseOrder(session: TokenBucket, accountId: AccountId, nowMs: number): Refusal | null {
    return this.#refuse(session, accountId, nowMs, { perSession: 0, perAccount: 0 });
  }

  refuseCancel(session: TokenBucket, accountId: AccountId, nowMs: number): Refusal | null {
    const { perSession, perAccount } = this.#limits;
    return this.#refuse(session, accountId, nowMs, { perSession: perSession.burst, perAccount: perAccount.burst });
  }

  #refuse(
    session: TokenBucket,
    accountId: AccountId,
    nowMs: number,
    debtMax: { readonly perSession: number; readonly perAccount: number },
  ): Refusal | null {
    const { perSession, perAccount } = this.#limits;
    if (!session.take(nowMs, debtMax.perSession)) return tooFast("a session", perSession);
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      account = new TokenBucket(perAccount, nowMs);
      this.#accounts.set(accountId, account);
    }
    return account.take(nowMs, debtMax.perAccount) ? null : tooFast("an account", perAccount);
  }

  /** Forgets accounts whose bucket is full again. */
  sweep(nowMs: number): void {
    for (const [accountId, bucket] of this.#accounts) if (bucket.isFull(nowMs)) this.#accounts.delete(accountId);
  }
}

function tooFast(whose: string, { perSecond, burst }: BucketSize): Refusal {
  const limit = `${whose} may send ${perSecond} requests a second, ${burst} at once`;
  return refuse("RATE_LIMITED", `${limit}; nothing was logged, send it again a little later`);
}
