/**
 * What a process looks at now and then, whether something is new or overdue. All of it happens at the same moments, the
 * multiples of its period on the process's clock, and by one timer: on a virtual machine it is being woken up that costs, not the look.
 */

/** A timer may come so much early; what is due then is looked at, or another one would follow at once. */
const EARLY_MS = 2;

interface Look {
  readonly everyMs: number;
  readonly look: (lateMs: number) => void;
  dueMs: number;
}

class Looks {
  readonly #all = new Set<Look>();
  #timer: NodeJS.Timeout | undefined;
  #wakesAtMs = Number.POSITIVE_INFINITY;

  add(everyMs: number, look: (lateMs: number) => void): () => void {
    const added = { everyMs, look, dueMs: nextDueMs(everyMs) };
    this.#all.add(added);
    this.#wakeAt(added.dueMs);
    return () => {
      this.#all.delete(added);
      if (this.#all.size === 0) this.#sleep();
    };
  }

  #wakeAt(dueMs: number): void {
    if (dueMs >= this.#wakesAtMs) return;
    this.#sleep();
    this.#wakesAtMs = dueMs;
    this.#timer = setTimeout(() => this.#look(), dueMs - performance.now()).unref();
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
  }

  #look(): void {
    this.#wakesAtMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    const due = [...this.#all].filter(({ dueMs }) => dueMs <= nowMs + EARLY_MS);
    const lateMs = due.map(({ dueMs }) => Math.max(0, nowMs - dueMs));
    for (const each of due) each.dueMs = nextDueMs(each.everyMs);
    this.#wakeAt(Math.min(...[...this.#all].map(({ dueMs }) => dueMs)));
    for (const [index, each] of due.entries()) if (this.#all.has(each)) each.look(lateMs[index] ?? 0);
  }
}

/** By the clock that they go by: a test may put one of its own in the place of the process's. */
const looksOfClock = new WeakMap<typeof setTimeout, Looks>();

/** Calls `look` at every multiple of `everyMs`, with how late it is, until the returned function is called. */
export function lookEvery(everyMs: number, look: (lateMs: number) => void): () => void {
  const looks = looksOfClock.get(setTimeout) ?? new Looks();
  looksOfClock.set(setTimeout, looks);
  return looks.add(everyMs, look);
}

/** At least half a period away: a timer that comes a little early must not be followed by another at once. */
function nextDueMs(everyMs: number): number {
  return Math.ceil((performance.now() + everyMs / 2) / everyMs) * everyMs;
}
