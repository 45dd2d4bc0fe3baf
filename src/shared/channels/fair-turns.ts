/**
 * Runs a bounded number of tasks at a time. Waiting owners take turns, one task each, so that an owner with many tasks keeps
 * another waiting for one of them at most.
 */
export class FairTurns<Owner> {
  readonly #atOnceMax: number;
  readonly #waiting = new Map<Owner, (() => void)[]>();
  #running = 0;

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax;
  }

  /** Runs the work when it is the owner's turn, and settles as it does. */
  async take<T>(owner: Owner, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnceMax) await this.#turnOf(owner);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#handOn();
    }
  }

  #turnOf(owner: Owner): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#waiting.get(owner);
      if (queue === undefined) this.#waiting.set(owner, [resolve]);
      else queue.push(resolve);
    });
  }

  /** Gives the next owner its turn, and puts it at the end of the line if it has more tasks. */
  #handOn(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running -= 1;
      return;
    }
    const [owner, queue] = first;
    const next = queue.shift();
    this.#waiting.delete(owner);
    if (queue.length > 0) this.#waiting.set(owner, queue);
    next?.();
  }
}
