/** The book of an asset, folded from the channel `depth`, which knows when it is not the engine's any more. */

import { crc32 } from "../domain/crc32.js";
import { type Asset, stepsOf } from "./asset.js";
import { BookSide } from "./book-side.js";

/** A level as it is sent: price and quantity as decimal text. */
export type LevelJson = readonly [price: string, quantity: string];

export interface DepthSnapshot {
  readonly sequence: number;
  readonly bids: readonly LevelJson[];
  readonly asks: readonly LevelJson[];
  readonly checksum: number;
}

export interface DepthDelta extends DepthSnapshot {
  readonly previousSequence: number;
}

/**
 * What became of a delta. `applied`: the book is the engine's at its sequence. `old`: the snapshot had it. `gap` and
 * `mismatch`: it is not the engine's book, and won't be before the next snapshot.
 */
export type Applied = "applied" | "old" | "gap" | "mismatch";

/** Levels of each side that the checksum is over (docs/protocol.md, channel depth). */
const CHECKED_LEVELS = 10;

export class DepthBook {
  readonly asset: Asset;
  readonly bids = new BookSide("bids");
  readonly asks = new BookSide("asks");
  readonly #levelsMax: number;
  #sequence: number | null = null;

  /** `levelsMax`: the depth that is subscribed to; levels beyond it are not told of, and so are dropped. */
  constructor(asset: Asset, levelsMax: number) {
    this.asset = asset;
    this.#levelsMax = levelsMax;
  }

  /** The sequence that the book is at; null: it is not the engine's book. */
  get sequence(): number | null {
    return this.#sequence;
  }

  /** Begins anew from the answer to `subscribe`. False: its checksum is not that of its levels. */
  begin(snapshot: DepthSnapshot): boolean {
    this.bids.clear();
    this.asks.clear();
    return this.#take(snapshot);
  }

  apply(delta: DepthDelta): Applied {
    if (this.#sequence === null) return "gap";
    if (delta.sequence <= this.#sequence) return "old";
    if (delta.previousSequence !== this.#sequence) {
      this.#sequence = null;
      return "gap";
    }
    return this.#take(delta) ? "applied" : "mismatch";
  }

  /** The server's rule: the best asks, then the best bids; price, then quantity, without point and leading zeros. */
  checksum(): number {
    return crc32(this.#digits(this.asks) + this.#digits(this.bids));
  }

  #take({ sequence, bids, asks, checksum }: DepthSnapshot): boolean {
    this.#set(this.bids, bids);
    this.#set(this.asks, asks);
    this.#sequence = this.checksum() === checksum >>> 0 ? sequence : null;
    return this.#sequence !== null;
  }

  #set(side: BookSide, levels: readonly LevelJson[]): void {
    const { tick, lot } = this.asset;
    for (const [price, quantity] of levels) side.set(stepsOf(price, tick), stepsOf(quantity, lot));
    side.truncate(this.#levelsMax);
  }

  #digits({ prices, quantities }: BookSide): string {
    const { tick, lot } = this.asset;
    let digits = "";
    for (let at = 0; at < Math.min(CHECKED_LEVELS, prices.length); at++)
      digits += `${(prices[at] as number) * tick.units}${(quantities[at] as number) * lot.units}`;
    return digits;
  }
}
