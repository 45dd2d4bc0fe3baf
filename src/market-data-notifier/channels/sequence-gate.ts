import { invariant } from "../../shared/domain/errors.js";

/** What is missing: everything after `after` up to and with `upTo`. */
export interface Hole {
  readonly after: number;
  readonly upTo: number;
}

/**
 * Puts numbered items into their order: each leaves once, in sequence, however often and in whatever order they come.
 * It holds back what is ahead of a hole, at most `heldMax` items; past that it forgets the new ones and remembers only
 * that they exist, so that they are a hole, too, which the caller fills from the place where everything is written.
 *
 * Modes: before `start` everything is held (the position is being read elsewhere); after it, `take` hands out.
 */
export class SequenceGate<Item> {
  readonly #held = new Map<number, Item>();
  readonly #heldMax: number;
  #position: number | null = null;
  #knownUpTo = 0;

  constructor(heldMax: number) {
    this.#heldMax = heldMax;
  }

  get isStarted(): boolean {
    return this.#position !== null;
  }

  /** The last sequence handed out. */
  get position(): number {
    invariant(this.#position !== null, "a sequence gate has no position before its start");
    return this.#position;
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** Everything up to `position` counts as handed out. */
  start(position: number): void {
    invariant(this.#position === null, "a sequence gate is started once");
    this.#position = position;
    for (const sequence of this.#held.keys()) if (sequence <= position) this.#held.delete(sequence);
    this.knowUpTo(position);
  }

  /** Somebody saw that items up to `sequence` exist. */
  knowUpTo(sequence: number): void {
    if (sequence > this.#knownUpTo) this.#knownUpTo = sequence;
  }

  offer(sequence: number, item: Item): void {
    if (this.#position !== null && sequence <= this.#position) return;
    this.knowUpTo(sequence);
    const isNext = this.#position !== null && sequence === this.#position + 1;
    if (isNext || this.#held.size < this.#heldMax) this.#held.set(sequence, item);
  }

  /** The items whose turn it is, at most `itemsMax`. */
  take(itemsMax: number): Item[] {
    const items: Item[] = [];
    if (this.#position === null) return items;
    while (items.length < itemsMax) {
      const item = this.#held.get(this.#position + 1);
      if (item === undefined) break;
      this.#position += 1;
      this.#held.delete(this.#position);
      items.push(item);
    }
    return items;
  }

  /** The first stretch that is known to exist and did not come; null: nothing is missing. */
  hole(): Hole | null {
    if (this.#position === null || this.#knownUpTo <= this.#position || this.#held.has(this.#position + 1)) return null;
    let upTo = this.#knownUpTo;
    for (const sequence of this.#held.keys()) if (sequence <= upTo) upTo = sequence - 1;
    return { after: this.#position, upTo };
  }
}
