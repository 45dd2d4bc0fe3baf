/**
 * Collects the differences that the looks of one pass find, and the places that were looked at to their end. By both, the
 * open differences (those found by earlier passes) are told apart: seen again, or right again.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { type Difference, type Rule, rowKey } from "./comparison.js";
import type { OpenDifference, Place } from "./difference-store.js";
import { differences } from "./reconcile.js";

export interface Finding {
  readonly difference: Difference;
  readonly foundIn: Place;
}

export interface Looked {
  readonly findings: readonly Finding[];
  /** Open differences that were found again. */
  readonly seen: readonly OpenDifference[];
  /** Open differences that are right again: they were not found where they had been. */
  readonly resolved: readonly OpenDifference[];
}

/** Differences collected at most, over all looks of a pass: nobody can look at more, and the others are found once these are right. */
export const FINDINGS_MAX = 1_000;

/** The key of a look at the whole database: no open difference is outside of it. */
export const EVERYWHERE = "everywhere";

export function placeKey(place: Place): string {
  return JSON.stringify(place);
}

export class Findings {
  readonly #snapshot: WorkingSnapshot;
  readonly #open: readonly OpenDifference[];
  readonly #beforeRule: () => void;
  readonly #findings: Finding[] = [];
  readonly #found = new Set<string>();
  /** Keys of the places that were looked at to their end. */
  readonly #lookedAt = new Set<string>();

  /** `beforeRule` is called before each rule, and may throw to end the look. */
  constructor(snapshot: WorkingSnapshot, open: readonly OpenDifference[], beforeRule: () => void) {
    this.#snapshot = snapshot;
    this.#open = open;
    this.#beforeRule = beforeRule;
  }

  /** Collects the differences by these rules, which look at `places` (keys) to their end. */
  async look(
    rules: readonly Rule[],
    placeOf: (difference: Difference) => Place,
    places: readonly string[],
  ): Promise<void> {
    for await (const difference of differences(this.#snapshot, this.#beforeRule, rules)) {
      const key = rowKey(difference);
      if (this.#found.has(key)) continue;
      if (this.#findings.length >= FINDINGS_MAX) return;
      this.#found.add(key);
      this.#findings.push({ difference, foundIn: placeOf(difference) });
    }
    for (const place of places) this.#lookedAt.add(place);
  }

  /** Notes a place that was looked at to its end by other means. */
  lookedAt(place: Place): void {
    this.#lookedAt.add(placeKey(place));
  }

  result(): Looked {
    const seen = this.#open.filter(({ difference }) => this.#found.has(rowKey(difference)));
    const isRight = (one: OpenDifference) =>
      !seen.includes(one) && (this.#lookedAt.has(EVERYWHERE) || this.#lookedAt.has(placeKey(one.foundIn)));
    return { findings: this.#findings, seen, resolved: this.#open.filter(isRight) };
  }
}
