/** How long one round of turns may take; the next one comes after the event loop has looked for bytes and answers. */
const ROUND_MS = 2;

/** A group rests after so many refusals in so long: to refuse at full speed would be too much work. */
const REFUSALS_MAX = 128;
const REFUSALS_MS = 100;
const REST_MS = 10;

export interface TurnEnd {
  readonly hasMore: boolean;
  /** Requests that were refused for sending too much. */
  readonly refused: number;
  /** How long its group must wait for its next turn. */
  readonly waitMs: number;
}

export interface TurnTaker {
  /** Members of a group share its turns. */
  readonly group: string;
  /** Does a bounded part of the work there is. */
  takeTurn(): TurnEnd;
}

/**
 * Serves connections that have work in turn: the groups one after the other, and within each its members. So a client that
 * sends most, over however many sessions, takes the time that others leave, and not theirs.
 */
export class Turns<One extends TurnTaker> {
  /** Groups with work, in the order of their turns, each with its members that have work. */
  readonly #groups = new Map<string, Set<One>>();
  /** Groups that rest, each with its members that have work. */
  readonly #resting = new Map<string, Set<One>>();
  /** Refusals of each group since `#refusalsSinceMs`. */
  readonly #refusals = new Map<string, number>();
  #refusalsSinceMs = 0;
  #serving: One | null = null;
  #isScheduled = false;

  /** Gives a member a turn soon; may be called any number of times. */
  wake(one: One): void {
    if (one === this.#serving) return;
    this.#add(one);
    this.#schedule();
  }

  #add(one: One): void {
    const groups = this.#resting.has(one.group) ? this.#resting : this.#groups;
    const waiting = groups.get(one.group);
    if (waiting === undefined) groups.set(one.group, new Set([one]));
    else waiting.add(one);
  }

  #isTooMuch(group: string, refused: number): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#refusalsSinceMs >= REFUSALS_MS) {
      this.#refusals.clear();
      this.#refusalsSinceMs = nowMs;
    }
    const refusals = (this.#refusals.get(group) ?? 0) + refused;
    this.#refusals.set(group, refusals % REFUSALS_MAX);
    return refusals >= REFUSALS_MAX;
  }

  #rest(group: string, ms: number): void {
    if (this.#resting.has(group)) return;
    this.#resting.set(group, this.#groups.get(group) ?? new Set());
    this.#groups.delete(group);
    setTimeout(() => {
      const waiting = this.#resting.get(group);
      this.#resting.delete(group);
      if (waiting !== undefined && waiting.size > 0) this.#groups.set(group, waiting);
      this.#schedule();
    }, ms).unref();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#groups.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#round();
      this.#schedule();
    });
  }

  #round(): void {
    const endMs = performance.now() + ROUND_MS;
    do {
      const one = this.#next();
      if (one === null) return;
      this.#serving = one;
      const { hasMore, refused, waitMs } = one.takeTurn();
      this.#serving = null;
      if (refused > 0 && this.#isTooMuch(one.group, refused)) this.#rest(one.group, REST_MS);
      else if (waitMs > 0) this.#rest(one.group, waitMs);
      if (hasMore) this.#add(one);
    } while (performance.now() < endMs);
  }

  #next(): One | null {
    for (const [group, waiting] of this.#groups)
      for (const one of waiting) {
        waiting.delete(one);
        this.#groups.delete(group);
        if (waiting.size > 0) this.#groups.set(group, waiting);
        return one;
      }
    return null;
  }
}
