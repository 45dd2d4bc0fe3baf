/**
 * Runs a flush soon after something changed, and the next one as soon as the last has finished and whatever arrived
 * meanwhile was read: a cheap flush follows every change at once, an expensive one gathers what comes while it runs.
 */
export class FlushPacer {
  readonly #flush: () => boolean;
  #isScheduled = false;
  #isStopped = false;

  /** `flush` returns whether there is more to do. */
  constructor(flush: () => boolean) {
    this.#flush = flush;
  }

  request(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  /** Flushes what is there, then never again. */
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
