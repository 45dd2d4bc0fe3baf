import type { Logger } from "../../shared/process/log.js";
import type { Hole } from "./sequence-gate.js";

/** A hole in one sequence, and how to fill it from the database. */
export interface Gap {
  /** Whose sequence: the room's name. */
  readonly key: string;
  readonly hole: Hole;
  fill(): Promise<void>;
}

export interface GapFillerOptions {
  /** Late is not lost: so long a hole may close by itself. */
  readonly holeWaitMs: number;
  /** After the database did not answer. */
  readonly retryMs: number;
  readonly fillsAtOnceMax: number;
  readonly log: Logger;
  readonly onFilled: () => void;
}

/** Fills holes that stay. Told about all of them again and again, it remembers since when each is there. */
export class GapFiller {
  readonly #options: GapFillerOptions;
  readonly #seen = new Map<string, { after: number; dueAtMs: number; isFilling: boolean }>();
  #fillsAtOnce = 0;

  constructor(options: GapFillerOptions) {
    this.#options = options;
  }

  /** Looks at the holes there are now; starts to fill those that are due. */
  check(gaps: readonly Gap[], nowMs: number): void {
    const open = new Set(gaps.map((gap) => gap.key));
    for (const [key, seen] of this.#seen) if (!open.has(key) && !seen.isFilling) this.#seen.delete(key);
    for (const gap of gaps) {
      const seen = this.#seen.get(gap.key);
      if (seen === undefined || (seen.after !== gap.hole.after && !seen.isFilling)) {
        const dueAtMs = nowMs + this.#options.holeWaitMs;
        this.#seen.set(gap.key, { after: gap.hole.after, dueAtMs, isFilling: false });
      } else if (!seen.isFilling && nowMs >= seen.dueAtMs && this.#fillsAtOnce < this.#options.fillsAtOnceMax) {
        void this.#fill(gap, seen);
      }
    }
  }

  async #fill(gap: Gap, seen: { dueAtMs: number; isFilling: boolean }): Promise<void> {
    seen.isFilling = true;
    this.#fillsAtOnce += 1;
    try {
      this.#options.log.info({ room: gap.key, ...gap.hole }, "reading what is missing from the database");
      await gap.fill();
      this.#options.onFilled();
    } catch (err) {
      this.#options.log.warn({ err, room: gap.key }, "what is missing can't be read now");
    } finally {
      // Whatever came: a hole that is still the same one waits before it is read again.
      seen.dueAtMs = performance.now() + this.#options.retryMs;
      seen.isFilling = false;
      this.#fillsAtOnce -= 1;
    }
  }
}
