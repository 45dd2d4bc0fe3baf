/**
 * Runs a flush soon after a change, and the next one when the last has ended and all input that arrived meanwhile is read. So
 * a cheap flush follows every change at once, and during an expensive one changes gather.
 */
export class FlushPacer {
  readonly #flush: () => boolean;
  #isScheduled = false;
  #isStopped = false;

  /** `flush` must return whether there is more to flush. */
  constructor(flush: () => boolean) {
    this.#flush = flush;
  }

  request(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  /** Flushes to the end, and then never again. */
  stop(): void {
    while (!this.#isStopped && this.#flush());
    this.#isStopped = true;
  }

  #run(): void {
    if (this.#isStopped) return;
    this.#isScheduled = false;
    if (this.#flush()) this.request();
  }
}
