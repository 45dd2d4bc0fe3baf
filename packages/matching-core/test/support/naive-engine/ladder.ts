/**
 * Items in FIFO queues, the queues sorted by a whole number: the shape of every ordered thing in a market. Bids and asks
 * (by price), waiting stops (by stop price) and expiries (by time) are all ladders.
 */
export class Ladder<Key extends number, Item> {
  readonly #bestIsHighest: boolean;
  /** Sorted so that the best key stands last, where adding and removing is cheap. */
  readonly #keys: Key[] = [];
  /** A Map keeps insertion order and deletes from its middle: a queue with cancellation. */
  readonly #queues = new Map<Key, Map<number, Item>>();

  constructor(best: "highest" | "lowest") {
    this.#bestIsHighest = best === "highest";
  }

  /** To the back of its key's queue. */
  add(key: Key, id: number, item: Item): void {
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = new Map();
      this.#queues.set(key, queue);
      this.#keys.splice(this.#place(key), 0, key);
    }
    queue.set(id, item);
  }

  remove(key: Key, id: number): void {
    const queue = this.#queues.get(key);
    queue?.delete(id);
    if (queue?.size !== 0) return;
    this.#queues.delete(key);
    this.#keys.splice(this.#place(key), 1);
  }

  /** The oldest item of the best key. */
  first(): Item | null {
    const key = this.#keys.at(-1);
    if (key === undefined) return null;
    for (const item of this.queue(key)) return item;
    return null;
  }

  /** Oldest first. */
  queue(key: Key): Iterable<Item> {
    return this.#queues.get(key)?.values() ?? [];
  }

  *keysBestFirst(): Generator<Key> {
    for (let index = this.#keys.length - 1; index >= 0; index--) yield this.#keys[index] as Key;
  }

  *itemsBestFirst(): Generator<Item> {
    for (const key of this.keysBestFirst()) yield* this.queue(key);
  }

  /** How many keys are worse than this one: where it stands, or would stand. */
  #place(key: Key): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#keys[middle] as Key;
      if (this.#bestIsHighest ? other < key : other > key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
