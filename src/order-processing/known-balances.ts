/**
 * Remembers balances as an account's last hold left them, so that the next batch need not ask Postgres. They may be too
 * low by now, never too high: only holds and withdrawals take from `available`. What another process held meanwhile is
 * noticed by Postgres (hold_funds).
 */
import { type Balance, type BalanceKey, balanceKey } from "./funding.js";

/** Balances remembered at most; past that, the one whose last hold is the longest ago is forgotten. */
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
