/**
 * One asset's book as the engine shows it, folded from the messages of DEPTH. Its sequence is the engine's event sequence, so it is the
 * same in every notifier at the same sequence. Pure: depth-feed.ts reads the messages, and asks for the whole book where it is lacking.
 */
import type { DepthBatch } from "../wire/depth-codec.js";
import { type DepthLevel, DepthSide } from "./depth-side.js";

/** What other channels may know of it, such as the best bid and ask: `book.best("bids", 1)`. */
export interface ShownBook {
  /** The last event that is in it; null: nothing is known yet. */
  readonly sequence: number | null;
  /** The best levels, best first. */
  best(side: "bids" | "asks", levelsMax: number): DepthLevel[];
}

export class DepthBook implements ShownBook {
  readonly bids = new DepthSide("highest");
  readonly asks = new DepthSide("lowest");
  #sequence: number | null = null;
  #hasHole = false;
  /** The parts of a whole book that have come so far. */
  #parts: DepthBatch[] = [];

  get sequence(): number | null {
    return this.#sequence;
  }

  /** Whether only the whole book helps: nothing is known yet, or changes are missing. */
  get isWanting(): boolean {
    return this.#sequence === null || this.#hasHole;
  }

  best(side: "bids" | "asks", levelsMax: number): DepthLevel[] {
    return this[side].best(levelsMax);
  }

  /** Takes a message. One that tells nothing new is ignored; one that comes after a hole opens it. */
  fold(batch: DepthBatch): void {
    if (batch.previousEventSequence === null) this.#gather(batch);
    else this.#change(batch, batch.previousEventSequence);
  }

  #change({ eventSequence, bids, asks }: DepthBatch, previousEventSequence: number): void {
    if (this.#sequence === null || eventSequence <= this.#sequence) return;
    this.#hasHole = previousEventSequence > this.#sequence;
    if (this.#hasHole) return;
    this.bids.apply(bids);
    this.asks.apply(asks);
    this.#sequence = eventSequence;
  }

  #gather(batch: DepthBatch): void {
    const { part, parts, eventSequence } = batch;
    const [first] = this.#parts;
    if (part === 1) this.#parts = [batch];
    else if (first?.eventSequence === eventSequence && this.#parts.length === part - 1) this.#parts.push(batch);
    else this.#parts = [];
    if (this.#parts.length < parts) return;
    if (this.#sequence === null || eventSequence > this.#sequence) {
      this.bids.replace(this.#parts.map(({ bids }) => bids));
      this.asks.replace(this.#parts.map(({ asks }) => asks));
      this.#sequence = eventSequence;
      this.#hasHole = false;
    }
    this.#parts = [];
  }

  forgetChanges(): void {
    this.bids.forgetChanges();
    this.asks.forgetChanges();
  }
}
