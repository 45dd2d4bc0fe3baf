/** Gathers what has changed until a frame comes, and then sets all of its signals in one batch. */
import { batch } from "@preact/signals";

/** How often something is painted at most: numbers that change faster nobody reads, and each change is laid out and drawn. */
export const EVERY_MS = { frame: 0, numbers: 50, canvas: 200 } as const;

export type RequestFrame = (then: (nowMs: number) => void) => void;

export class Frames {
  readonly #requestFrame: RequestFrame;
  /** What waits to be painted, with how long after its last time. */
  readonly #waiting = new Map<() => void, number>();
  readonly #paintedAtMs = new Map<() => void, number>();
  #isAsked = false;

  constructor(requestFrame: RequestFrame) {
    this.#requestFrame = requestFrame;
  }

  /** Calls `paint` in a coming frame, once. A hidden page has no frames: then it waits, and costs nothing. */
  paint(paint: () => void, everyMs: number = EVERY_MS.frame): void {
    this.#waiting.set(paint, everyMs);
    this.#ask();
  }

  #ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#requestFrame((nowMs) => this.#run(nowMs));
  }

  #run(nowMs: number): void {
    this.#isAsked = false;
    batch(() => {
      for (const paint of this.#due(nowMs)) paint();
    });
    if (this.#waiting.size > 0) this.#ask();
  }

  /** Those whose time it is; of canvases one a frame, so that no frame gets long. */
  #due(nowMs: number): (() => void)[] {
    const due: (() => void)[] = [];
    let hasCanvas = false;
    for (const [paint, everyMs] of this.#waiting) {
      const isCanvas = everyMs >= EVERY_MS.canvas;
      if (nowMs - (this.#paintedAtMs.get(paint) ?? Number.NEGATIVE_INFINITY) < everyMs || (isCanvas && hasCanvas))
        continue;
      hasCanvas ||= isCanvas;
      this.#waiting.delete(paint);
      this.#paintedAtMs.set(paint, nowMs);
      due.push(paint);
    }
    return due;
  }
}
