/** What one side of an asset's book shows, and which levels differ from what subscribers were told. */
import { LEVEL_NUMBERS, lotsOfRow } from "../wire/depth-codec.js";

/** A bigint where a number can't hold them. */
export type DepthLots = number | bigint;
export type DepthLevel = readonly [priceTicks: number, lots: DepthLots];

export class DepthSide {
  /** 1: the highest price is best; -1: the lowest. */
  readonly sign: 1 | -1;
  /** Price times sign of each level, the best one last: most changes are there, and move few others. */
  #keys: number[] = [];
  #lots = new Map<number, DepthLots>();
  /** Levels that were changed since `forgetChanges`, with their lots before. */
  readonly #before = new Map<number, DepthLots>();

  constructor(best: "highest" | "lowest") {
    this.sign = best === "highest" ? 1 : -1;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** The level's lots; 0: there is no such level. */
  lotsAt(priceTicks: number): DepthLots {
    return this.#lots.get(priceTicks) ?? 0;
  }

  /** The best levels, best first. */
  best(levelsMax: number): DepthLevel[] {
    const levels: DepthLevel[] = [];
    for (let at = this.#keys.length - 1; at >= 0 && levels.length < levelsMax; at--) levels.push(this.#levelAt(at));
    return levels;
  }

  /** Sets levels from rows of DEPTH; lots of 0 remove one. */
  apply(rows: Float64Array): void {
    for (let at = 0; at < rows.length; at += LEVEL_NUMBERS)
      this.#set(rows[at] as number, lotsOfRow(rows[at + 1] as number, rows[at + 2] as number));
  }

  /** Takes the rows, each of another price, as all levels that there are. */
  replace(parts: readonly Float64Array[]): void {
    const lots = new Map<number, DepthLots>();
    for (const rows of parts)
      for (let at = 0; at < rows.length; at += LEVEL_NUMBERS)
        lots.set(rows[at] as number, lotsOfRow(rows[at + 1] as number, rows[at + 2] as number));
    for (const price of this.#lots.keys()) if (!lots.has(price)) this.#note(price);
    for (const [price, now] of lots) if (now !== this.lotsAt(price)) this.#note(price);
    this.#lots = lots;
    this.#keys = Array.from(lots.keys(), (price) => this.sign * price).sort((a, b) => a - b);
  }

  get changes(): ReadonlyMap<number, DepthLots> {
    return this.#before;
  }

  forgetChanges(): void {
    this.#before.clear();
  }

  /** The key of the worst of the best `levelsMax` levels; -Infinity: all levels are among them. */
  edge(levelsMax: number): number {
    return this.#keys[this.#keys.length - levelsMax] ?? Number.NEGATIVE_INFINITY;
  }

  /** Levels whose keys are from `from` up to, not including, `to`. */
  *between(from: number, to: number): Generator<DepthLevel> {
    for (let at = this.#placeOf(from); at < this.#keys.length && (this.#keys[at] as number) < to; at++)
      yield this.#levelAt(at);
  }

  #levelAt(at: number): DepthLevel {
    const price = this.sign * (this.#keys[at] as number);
    return [price, this.lotsAt(price)];
  }

  #set(price: number, lots: DepthLots): void {
    const now = this.lotsAt(price);
    if (lots === now) return;
    this.#note(price);
    const key = this.sign * price;
    if (lots === 0) {
      this.#lots.delete(price);
      this.#keys.splice(this.#placeOf(key), 1);
      return;
    }
    this.#lots.set(price, lots);
    if (now === 0) this.#keys.splice(this.#placeOf(key), 0, key);
  }

  #note(price: number): void {
    if (!this.#before.has(price)) this.#before.set(price, this.lotsAt(price));
  }

  /** The place of the first key that is not below this one. */
  #placeOf(key: number): number {
    let [low, high] = [0, this.#keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as number) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
