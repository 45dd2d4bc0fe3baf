/**
 * Runs a flush soon after something changed, and the next one as soon as the last has finished and rested as long as
 * it took: a cheap flush follows every change at once, an expensive one gathers what comes meanwhile, and half of the
 * time stays for reading.
 */
export class FlushPacer {
  readonly #flush: () => boolean;
  #isScheduled = false;
  #notBeforeMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;

  /** `flush` returns whether there is more to do. */
  constructor(flush: () => boolean) {
    this.#flush = flush;
  }

  request(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    const restMs = Math.floor(this.#notBeforeMs - performance.now());
    if (restMs < 1) setImmediate(() => this.#run());
    else this.#timer = setTimeout(() => this.#run(), restMs);
  }

  /** Flushes what is there, then never again. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    while (!this.#isStopped && this.#flush());
    this.#isStopped = true;
  }

  #run(): void {
    if (this.#isStopped) return;
    this.#isScheduled = false;
    const startedMs = performance.now();
    const hasMore = this.#flush();
    const finishedMs = performance.now();
    this.#notBeforeMs = finishedMs + (finishedMs - startedMs);
    if (hasMore) this.request();
  }
}
