import { type Depth, type Engine, LEVEL_NUMBERS, LevelRows, lotsOfRow } from "@bourse/matching-core";

/** A book that knows of an engine only what is taken of its depth. */
export class FollowedDepth {
  readonly #rows = { bids: new LevelRows(), asks: new LevelRows() };
  readonly #lots = { bids: new Map<number, bigint>(), asks: new Map<number, bigint>() };

  /** Takes what has changed, or all where that is not kept. */
  take({ depthChanges }: Pick<Engine, "depthChanges">): void {
    const { bids, asks } = this.#rows;
    if (depthChanges.take(bids, asks)) this.#fold();
    else this.takeAll({ depthChanges });
  }

  takeAll({ depthChanges }: Pick<Engine, "depthChanges">): void {
    depthChanges.takeAll(this.#rows.bids, this.#rows.asks);
    this.#lots.bids.clear();
    this.#lots.asks.clear();
    this.#fold();
  }

  get depth(): Depth {
    const levels = (side: "bids" | "asks", sign: 1 | -1) =>
      [...this.#lots[side]].sort(([a], [b]) => sign * (b - a)) as unknown as Depth["bids"];
    return { bids: levels("bids", 1), asks: levels("asks", -1) };
  }

  #fold(): void {
    for (const side of ["bids", "asks"] as const) {
      const { numbers } = this.#rows[side];
      for (let at = 0; at < numbers.length; at += LEVEL_NUMBERS) {
        const [price = 0, low = 0, high = 0] = numbers.subarray(at, at + LEVEL_NUMBERS);
        const lots = BigInt(lotsOfRow(low, high));
        if (lots === 0n) this.#lots[side].delete(price);
        else this.#lots[side].set(price, lots);
      }
    }
  }
}
