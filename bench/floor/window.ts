/** What gathers while the batch before it is under way, and for an interval from its start: smart batching. */
export class Window<Item> {
  readonly #intervalMs: number;
  readonly #itemsMax: number;
  readonly #handle: (batch: readonly Item[]) => Promise<void>;
  #waiting: Item[] = [];
  #startedMs = Number.NEGATIVE_INFINITY;
  #isBusy = false;

  constructor(intervalMs: number, itemsMax: number, handle: (batch: readonly Item[]) => Promise<void>) {
    this.#intervalMs = intervalMs;
    this.#itemsMax = itemsMax;
    this.#handle = handle;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    if (!this.#isBusy) this.#schedule();
  }

  addAll(items: readonly Item[]): void {
    for (const item of items) this.#waiting.push(item);
    if (!this.#isBusy) this.#schedule();
  }

  /** One batch after the other: a failure ends the process. */
  #schedule(): void {
    this.#isBusy = true;
    const waitMs = this.#startedMs + this.#intervalMs - performance.now();
    if (waitMs < 0.5) setImmediate(() => void this.#run());
    else setTimeout(() => void this.#run(), Math.round(waitMs));
  }

  async #run(): Promise<void> {
    this.#startedMs = performance.now();
    const batch = this.#waiting.splice(0, this.#itemsMax);
    await this.#handle(batch);
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#schedule();
  }
}
