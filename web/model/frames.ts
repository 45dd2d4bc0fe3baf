/** Gathers what has changed until the next frame, and then sets all of its signals in one batch. */
import { batch } from "@preact/signals";

export class Frames {
  readonly #requestFrame: (then: () => void) => void;
  readonly #changed = new Set<() => void>();
  #isAsked = false;

  constructor(requestFrame: (then: () => void) => void) {
    this.#requestFrame = requestFrame;
  }

  /** Calls `paint` in the next frame, once. A hidden page has no frames: then it waits, and costs nothing. */
  paint(paint: () => void): void {
    this.#changed.add(paint);
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#requestFrame(() => this.#run());
  }

  #run(): void {
    this.#isAsked = false;
    const paints = [...this.#changed];
    this.#changed.clear();
    batch(() => {
      for (const paint of paints) paint();
    });
  }
}
