/** The last trades of an asset, newest first, in a ring of fixed length. */
export interface Trade {
  readonly tradeId: number;
  readonly price: string;
  readonly quantity: string;
  readonly takerSide: "buy" | "sell";
  readonly executedAtUs: number;
}

export class Tape {
  readonly #ring: (Trade | undefined)[];
  #lastTradeId = 0;
  #count = 0;

  constructor(tradesMax: number) {
    this.#ring = new Array(tradesMax);
  }

  /** How many trades it has taken; those before the ring's length are forgotten. */
  get count(): number {
    return this.#count;
  }

  /** Takes trades in order of their ids; those it has are dropped. False: trades before them are missing. */
  take(trades: readonly Trade[]): boolean {
    let isGapless = true;
    for (const trade of trades) {
      if (trade.tradeId <= this.#lastTradeId) continue;
      if (this.#lastTradeId !== 0 && trade.tradeId !== this.#lastTradeId + 1) isGapless = false;
      this.#lastTradeId = trade.tradeId;
      this.#ring[this.#count++ % this.#ring.length] = trade;
    }
    return isGapless;
  }

  /** The trade that is `place` trades older than the newest. */
  at(place: number): Trade | undefined {
    const index = this.#count - 1 - place;
    return index < 0 || place >= this.#ring.length ? undefined : this.#ring[index % this.#ring.length];
  }
}
