/**
 * What accounts are known to have: as their last hold left it, so that the next batch need not ask. Only holds and
 * withdrawals take from `available`, and settlement only closes orders, so it is the worst case as long as nobody else
 * holds; whoever does is noticed by Postgres (hold_funds).
 */
import { type Balance, type BalanceKey, balanceKey } from "./funding.js";

/** Past that, the balances are forgotten whose last hold is the longest ago. */
const BALANCES_MAX = 100_000;

export class KnownBalances {
  readonly #balances = new Map<string, Balance>();
  readonly #max: number;

  constructor(max = BALANCES_MAX) {
    this.#max = max;
  }

  get({ accountId, currency }: BalanceKey): Balance | undefined {
    return this.#balances.get(balanceKey(accountId, currency));
  }

  learn({ accountId, currency }: BalanceKey, balance: Balance): void {
    const key = balanceKey(accountId, currency);
    this.#balances.delete(key);
    this.#balances.set(key, balance);
    if (this.#balances.size <= this.#max) return;
    const [oldest] = this.#balances.keys();
    if (oldest !== undefined) this.#balances.delete(oldest);
  }

  forget({ accountId, currency }: BalanceKey): void {
    this.#balances.delete(balanceKey(accountId, currency));
  }

  forgetAll(): void {
    this.#balances.clear();
  }
}
