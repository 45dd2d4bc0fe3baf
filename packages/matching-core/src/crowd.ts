/**
 * The sums over the orders of a price where many stand. A sum may be above 2^53, so each is two numbers that are exact: one of the
 * high halves of what was added, one of the low ones.
 */
const HALF = 2 ** 27;

const SHOWN = 0;
const HIDDEN = 2;
const SLICES = 4;

export class Crowd {
  orders = 0;
  /** By account number (owners.ts): how many of the orders are its own. */
  readonly ordersOfAccounts = new Map<number, number>();
  readonly #sums = new Float64Array(6);

  get shownLots(): number {
    return this.#sum(SHOWN);
  }
  /** The same, exact however much it is. */
  get shownLotsExactly(): bigint {
    return BigInt(this.#sums[SHOWN] as number) * BigInt(HALF) + BigInt(this.#sums[SHOWN + 1] as number);
  }
  get hiddenLots(): number {
    return this.#sum(HIDDEN);
  }
  /** How many slices the hidden lots will be shown in. */
  get hiddenSlices(): number {
    return this.#sum(SLICES);
  }

  addOrder(account: number): void {
    this.orders++;
    this.ordersOfAccounts.set(account, (this.ordersOfAccounts.get(account) ?? 0) + 1);
  }

  removeOrder(account: number): void {
    this.orders--;
    const orders = (this.ordersOfAccounts.get(account) as number) - 1;
    if (orders === 0) this.ordersOfAccounts.delete(account);
    else this.ordersOfAccounts.set(account, orders);
  }

  /** Adds to the sums, or with -1 as `sign` takes away what was added before. */
  addLots(sign: 1 | -1, shownLots: number, hiddenLots: number, hiddenSlices: number): void {
    this.#add(SHOWN, sign, shownLots);
    if (hiddenLots === 0) return;
    this.#add(HIDDEN, sign, hiddenLots);
    this.#add(SLICES, sign, hiddenSlices);
  }

  isEqual(other: Crowd): boolean {
    if (this.orders !== other.orders || this.ordersOfAccounts.size !== other.ordersOfAccounts.size) return false;
    for (const [account, orders] of this.ordersOfAccounts)
      if (other.ordersOfAccounts.get(account) !== orders) return false;
    return this.#sums.every((sum, index) => sum === other.#sums[index]);
  }

  #add(at: number, sign: 1 | -1, value: number): void {
    const high = Math.floor(value / HALF);
    this.#sums[at] = (this.#sums[at] as number) + sign * high;
    this.#sums[at + 1] = (this.#sums[at + 1] as number) + sign * (value - high * HALF);
  }

  /** Exact up to 2^53; what is more comes out as more than that. */
  #sum(at: number): number {
    return (this.#sums[at] as number) * HALF + (this.#sums[at + 1] as number);
  }
}
