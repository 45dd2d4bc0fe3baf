/**
 * The queue of one asset's requests for the log. Each account's requests stay in order, and the accounts take turns, so that
 * the account that sends most waits longest. An account that is alone may use the whole queue. Pure.
 */
import type { AccountId } from "../domain/units.js";

export interface Queued {
  readonly accountId: AccountId;
  readonly arrivedAtMs: number;
}

export class FairQueue<Item extends Queued> {
  readonly #sizeMax: number;
  /** The accounts with waiting requests in the order of their turns: the first one's is next. */
  readonly #accounts = new Map<AccountId, Fifo<Item>>();
  #size = 0;

  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Puts a request in; returns the one that finds no place, if any. In a full queue the account with most requests gives
   * way with its newest one; if the new request's account has its equal share already, that is the new request.
   */
  put(item: Item): Item | null {
    const own = this.#accounts.get(item.accountId);
    let turnedAway: Item | null = null;
    if (this.#size >= this.#sizeMax) {
      const hasItsShare = own !== undefined && own.size * this.#accounts.size >= this.#size;
      if (hasItsShare || this.#sizeMax === 0) return item;
      turnedAway = this.#takeNewestOfLongest();
    }
    const queue = this.#accounts.get(item.accountId) ?? new Fifo<Item>();
    queue.push(item);
    this.#accounts.set(item.accountId, queue);
    this.#size++;
    return turnedAway;
  }

  /** Takes at most so many requests, one of each account in turn. */
  take(countMax: number): Item[] {
    const taken: Item[] = [];
    while (taken.length < countMax) {
      const next = this.#accounts.entries().next();
      if (next.done) break;
      const [accountId, queue] = next.value;
      const isAlone = this.#accounts.size === 1;
      do {
        const item = queue.shift();
        if (item === undefined) break;
        taken.push(item);
      } while (isAlone && taken.length < countMax);
      this.#accounts.delete(accountId);
      if (queue.size > 0) this.#accounts.set(accountId, queue);
    }
    this.#size -= taken.length;
    return taken;
  }

  /** Takes the requests that arrived by then. */
  takeArrivedBy(lastArrivalMs: number): Item[] {
    const taken: Item[] = [];
    for (const [accountId, queue] of this.#accounts) {
      for (let first = queue.first; first !== undefined && first.arrivedAtMs <= lastArrivalMs; first = queue.first) {
        queue.shift();
        taken.push(first);
      }
      if (queue.size === 0) this.#accounts.delete(accountId);
    }
    this.#size -= taken.length;
    return taken;
  }

  #takeNewestOfLongest(): Item | null {
    let longest: [AccountId, Fifo<Item>] | null = null;
    for (const one of this.#accounts) if (longest === null || one[1].size > longest[1].size) longest = one;
    if (longest === null) return null;
    const [accountId, queue] = longest;
    const newest = queue.pop() ?? null;
    if (queue.size === 0) this.#accounts.delete(accountId);
    this.#size--;
    return newest;
  }
}

/** A queue that does not move its items each time one is taken. */
class Fifo<Item> {
  #items: Item[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  pop(): Item | undefined {
    return this.size === 0 ? undefined : this.#items.pop();
  }

  shift(): Item | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#items.length || this.#head >= 1_024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}
