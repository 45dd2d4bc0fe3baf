/** Gathers what has changed until the next frame, and then sets all of its signals in one batch. */
import { batch } from "@preact/signals";

/** Canvases are drawn so often at most: they cost a frame's time, and nobody reads a curve faster. */
const SLOW_EVERY_MS = 200;

export type RequestFrame = (then: (nowMs: number) => void) => void;

export class Frames {
  readonly #requestFrame: RequestFrame;
  readonly #changed = new Set<() => void>();
  readonly #changedSlow = new Set<() => void>();
  #slowAtMs = Number.NEGATIVE_INFINITY;
  #isAsked = false;

  constructor(requestFrame: RequestFrame) {
    this.#requestFrame = requestFrame;
  }

  /** Calls `paint` in the next frame, once. A hidden page has no frames: then it waits, and costs nothing. */
  paint(paint: () => void): void {
    this.#changed.add(paint);
    this.#ask();
  }

  /** The same for what is drawn on a canvas: five times a second. */
  paintSlowly(paint: () => void): void {
    this.#changedSlow.add(paint);
    this.#ask();
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#requestFrame((nowMs) => this.#run(nowMs));
  }

  #run(nowMs: number): void {
    this.#isAsked = false;
    const paints = [...this.#changed];
    this.#changed.clear();
    if (nowMs - this.#slowAtMs >= SLOW_EVERY_MS) {
      paints.push(...this.#changedSlow);
      this.#changedSlow.clear();
      this.#slowAtMs = nowMs;
    }
    batch(() => {
      for (const paint of paints) paint();
    });
    if (this.#changedSlow.size > 0) this.#ask();
  }
}
