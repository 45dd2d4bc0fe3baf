/** One side of the book, best level first, in two arrays that run side by side. */
export class BookSide {
  /** In ticks, best first; no price twice. */
  readonly prices: number[] = [];
  /** In lots, of the price at the same place; never 0. */
  readonly quantities: number[] = [];
  readonly #isBid: boolean;

  constructor(side: "bids" | "asks") {
    this.#isBid = side === "bids";
  }

  get length(): number {
    return this.prices.length;
  }

  clear(): void {
    this.prices.length = 0;
    this.quantities.length = 0;
  }

  /** Sets what rests at a price; 0 takes the level away. */
  set(priceTicks: number, quantityLots: number): void {
    const at = this.#placeOf(priceTicks);
    const isThere = this.prices[at] === priceTicks;
    if (quantityLots === 0) {
      if (!isThere) return;
      this.prices.splice(at, 1);
      this.quantities.splice(at, 1);
    } else if (isThere) this.quantities[at] = quantityLots;
    else {
      this.prices.splice(at, 0, priceTicks);
      this.quantities.splice(at, 0, quantityLots);
    }
  }

  /** Keeps the best levels only. */
  truncate(levelsMax: number): void {
    if (this.prices.length <= levelsMax) return;
    this.prices.length = levelsMax;
    this.quantities.length = levelsMax;
  }

  /** Where the price is, or would be inserted: by halves. */
  #placeOf(priceTicks: number): number {
    let [low, high] = [0, this.prices.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const price = this.prices[middle] as number;
      if (this.#isBid ? price > priceTicks : price < priceTicks) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
