/** What requests weigh: a budget a minute for each address, as Binance's clients count it from the headers. Pure. */

export const WEIGHT_PER_MINUTE_MAX = 120_000;
const MINUTE_MS = 60_000;
/** Addresses remembered; past that the oldest is forgotten. */
const ADDRESSES_MAX = 100_000;

export class Weights {
  readonly #max: number;
  #minute = 0;
  #used = new Map<string, number>();

  constructor(max: number = WEIGHT_PER_MINUTE_MAX) {
    this.#max = max;
  }

  /** Counts a request, also one that is refused. Returns what the address has used in this minute. */
  count(address: string, weight: number, nowMs: number): number {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = new Map();
    }
    const used = (this.#used.get(address) ?? 0) + weight;
    this.#used.set(address, used);
    const [oldest] = this.#used.keys();
    if (this.#used.size > ADDRESSES_MAX && oldest !== undefined) this.#used.delete(oldest);
    return used;
  }

  isTooMuch(used: number): boolean {
    return used > this.#max;
  }

  /** How long until the budget is whole again. */
  static waitS(nowMs: number): number {
    return Math.ceil((MINUTE_MS - (nowMs % MINUTE_MS)) / 1_000);
  }
}

/** The weight of a depth, by its levels. */
export function depthWeight(levels: number): number {
  return levels <= 100 ? 5 : levels <= 500 ? 25 : levels <= 1_000 ? 50 : 250;
}
