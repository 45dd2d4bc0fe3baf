/** Which problems there are, since when, and which ones are over, as far as somebody has looked. Pure. */
import type { Problem } from "../shared/status/status-problems.js";

export interface Alarm extends Problem {
  readonly sinceMs: number;
  /** Null: it is not over. */
  readonly untilMs: number | null;
}

/** Alarms that are over and still shown. */
const OVER_MAX = 5;
/** Numbers in a problem change from look to look; it is the same problem. */
const NUMBERS = /\d+/g;

export class AlarmHistory {
  readonly #present = new Map<string, Alarm>();
  #over: Alarm[] = [];

  /** Takes the problems of one look, at its time. */
  look(problems: readonly Problem[], atMs: number): void {
    const keys = new Set<string>();
    for (const problem of problems) {
      const key = problem.what.replace(NUMBERS, "0");
      keys.add(key);
      this.#present.set(key, { ...problem, sinceMs: this.#present.get(key)?.sinceMs ?? atMs, untilMs: null });
    }
    for (const [key, alarm] of this.#present)
      if (!keys.has(key)) {
        this.#present.delete(key);
        this.#over = [{ ...alarm, untilMs: atMs }, ...this.#over].slice(0, OVER_MAX);
      }
  }

  /** Alarms that are not over, in the order of the problems; then the last ones that are, the newest first. */
  get alarms(): readonly Alarm[] {
    return [...this.#present.values(), ...this.#over];
  }
}
