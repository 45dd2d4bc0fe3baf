/** An account's money by currency, as decimal text: it is shown, and nothing is calculated with it. */
export interface BalanceJson {
  readonly currency: string;
  readonly available: string;
  readonly held: string;
  /** In events only. */
  readonly accountSequence?: number;
}

export class Balances {
  readonly #byCurrency = new Map<string, BalanceJson>();

  /** Begins anew from the answer to `subscribe`. */
  begin(balances: readonly BalanceJson[]): void {
    this.#byCurrency.clear();
    for (const balance of balances) this.#byCurrency.set(balance.currency, balance);
  }

  take(balance: BalanceJson): void {
    this.#byCurrency.set(balance.currency, balance);
  }

  /** By name of the currency. */
  get all(): readonly BalanceJson[] {
    return [...this.#byCurrency.values()].sort((a, b) => (a.currency < b.currency ? -1 : 1));
  }
}
