import { type Refusal, refuse } from "../domain/rejects.js";
import type { AccountId } from "../domain/units.js";
import { type BucketSize, TokenBucket } from "../process/token-bucket.js";

interface Allowance {
  /** Orders that this order-handler has logged, less cancels that it has let through. */
  orders: number;
  readonly cancels: TokenBucket;
  readonly cancelAlls: TokenBucket;
}

/**
 * Limits the cancels of an account: one for each order that it placed here, and beyond them so many a second. The
 * order-handler doesn't know which orders are open, and a cancel that hits nothing stays in the log for ever, too. CANCELALL
 * has an allowance of its own: it must work also for a client that has used up the other. A replace needs none: it counts as an
 * order, in the rates and where the asset is behind, and costs no more than an order that finds nobody to trade with; how often an
 * order may be replaced has no limit, so counting would refuse those who keep quoting. Pure; times are monotonic.
 */
export class CancelAllowance {
  readonly #size: BucketSize;
  readonly #accounts = new Map<AccountId, Allowance>();

  constructor(size: BucketSize) {
    this.#size = size;
  }

  ordered(accountId: AccountId, nowMs: number): void {
    this.#of(accountId, nowMs).orders++;
  }

  refuseCancel(accountId: AccountId, nowMs: number): Refusal | null {
    const allowance = this.#of(accountId, nowMs);
    if (allowance.orders > 0) {
      allowance.orders--;
      return null;
    }
    return allowance.cancels.take(nowMs) ? null : this.#tooMany("more cancels than orders");
  }

  refuseCancelAll(accountId: AccountId, nowMs: number): Refusal | null {
    return this.#of(accountId, nowMs).cancelAlls.take(nowMs) ? null : this.#tooMany("requests to cancel all");
  }

  /** Forgets accounts whose allowance is the same as a new account's. */
  sweep(nowMs: number): void {
    for (const [accountId, { orders, cancels, cancelAlls }] of this.#accounts)
      if (orders === 0 && cancels.isFull(nowMs) && cancelAlls.isFull(nowMs)) this.#accounts.delete(accountId);
  }

  #of(accountId: AccountId, nowMs: number): Allowance {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    const [cancels, cancelAlls] = [new TokenBucket(this.#size, nowMs), new TokenBucket(this.#size, nowMs)];
    const allowance = { orders: 0, cancels, cancelAlls };
    this.#accounts.set(accountId, allowance);
    return allowance;
  }

  #tooMany(what: string): Refusal {
    const { perSecond, burst } = this.#size;
    const limit = `an account may send ${perSecond} ${what} a second, ${burst} at once`;
    return refuse("RATE_LIMITED", `${limit}; nothing was logged, send it again a little later`);
  }
}
