import { invariant } from "../domain/errors.js";

/** The missing numbers of a sequence: those above `after`, up to and with `upTo`. */
export interface Hole {
  readonly after: number;
  readonly upTo: number;
}

/**
 * Puts numbered items into order: each leaves once, in sequence, however often and in whatever order they come. Behind a hole
 * it keeps items with numbers within `heldMax` of its position. Of items beyond that it remembers only that they exist: they
 * become a hole, too, which the caller fills from the database.
 *
 * Before `start` it only gathers items, while the caller reads the position; after it, `take` hands them out.
 */
export class SequenceGate<Item> {
  readonly #held = new Map<number, Item>();
  readonly #heldMax: number;
  /** Called with the number of items held more (or, if negative, fewer). */
  readonly #onHeld: (items: number) => void;
  #position: number | null = null;
  #knownUpTo = 0;

  constructor(heldMax: number, onHeld: (items: number) => void = () => undefined) {
    this.#heldMax = heldMax;
    this.#onHeld = onHeld;
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

  /** Whether the next item exists and is not here. */
  get isWaiting(): boolean {
    return this.#position !== null && this.#knownUpTo > this.#position && !this.#held.has(this.#position + 1);
  }

  /** Starts: all items up to `position` count as handed out. */
  start(position: number): void {
    invariant(this.#position === null, "a sequence gate is started once");
    this.#position = position;
    this.#letGo((sequence) => sequence <= position || sequence > position + this.#heldMax);
    this.knowUpTo(position);
  }

  /** Notes that items up to `sequence` exist. */
  knowUpTo(sequence: number): void {
    if (sequence > this.#knownUpTo) this.#knownUpTo = sequence;
  }

  offer(sequence: number, item: Item): void {
    if (this.#position !== null && sequence <= this.#position) return;
    this.knowUpTo(sequence);
    const hasRoom =
      this.#position === null ? this.#held.size < this.#heldMax : sequence <= this.#position + this.#heldMax;
    if (!hasRoom || this.#held.has(sequence)) return;
    this.#held.set(sequence, item);
    this.#onHeld(1);
  }

  /** Takes the items that are next in sequence, at most `itemsMax`. */
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
    if (items.length > 0) this.#onHeld(-items.length);
    return items;
  }

  /** The first items that exist and are not here, at most `lengthMax`; null: nothing is missing. */
  hole(lengthMax: number): Hole | null {
    if (!this.isWaiting) return null;
    const last = Math.min(this.#knownUpTo, this.position + lengthMax);
    let upTo = this.position + 1;
    while (upTo < last && !this.#held.has(upTo + 1)) upTo += 1;
    return { after: this.position, upTo };
  }

  /** Forgets all items but those with the next `heldMax` numbers: the others are a hole then. */
  keepNext(heldMax: number): void {
    const last = (this.#position ?? 0) + heldMax;
    if (this.#position !== null) this.#letGo((sequence) => sequence > last);
  }

  /** Forgets all items. */
  clear(): void {
    this.#letGo(() => true);
  }

  #letGo(isToGo: (sequence: number) => boolean): void {
    const before = this.#held.size;
    for (const sequence of this.#held.keys()) if (isToGo(sequence)) this.#held.delete(sequence);
    this.#onHeld(this.#held.size - before);
  }
}
