/**
 * Lets a bounded number of tasks run at a time. Who waits is served by turns, one task of each owner after another, so an
 * owner with many tasks keeps the others waiting for one of his at most.
 */
export class FairTurns<Owner> {
  readonly #atOnceMax: number;
  readonly #waiting = new Map<Owner, (() => void)[]>();
  #running = 0;

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax;
  }

  /** What the work settles with, once it was its turn. */
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

  /** The owner whose turn it is goes to the end of the line, if he has more. */
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
