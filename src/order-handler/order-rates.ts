import { type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId } from "../shared/domain/units.js";
import { type BucketSize, TokenBucket } from "../shared/process/token-bucket.js";

/** New orders and replaces. What takes risk away (cancels), and heartbeats, are never limited. */
export interface RateLimits {
  readonly perSession: BucketSize;
  /** Over all its sessions with this order-handler. */
  readonly perAccount: BucketSize;
}

/** Who may send orders now, by session and by account. Pure; times are monotonic. */
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
    const { perSession, perAccount } = this.#limits;
    if (!session.take(nowMs)) return tooFast("a session", perSession);
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      account = new TokenBucket(perAccount, nowMs);
      this.#accounts.set(accountId, account);
    }
    return account.take(nowMs) ? null : tooFast("an account", perAccount);
  }

  /** Forgets the accounts that have not sent for a while. */
  sweep(nowMs: number): void {
    for (const [accountId, bucket] of this.#accounts) if (bucket.isFull(nowMs)) this.#accounts.delete(accountId);
  }
}

function tooFast(whose: string, { perSecond, burst }: BucketSize): Refusal {
  const limit = `${whose} may send ${perSecond} orders a second, ${burst} at once`;
  return refuse("RATE_LIMITED", `${limit}; nothing was logged, send it again a little later`);
}
