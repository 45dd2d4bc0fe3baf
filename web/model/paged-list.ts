/** A list that is read from the gateway by pages, as far as its reader wants. */
import { type Signal, signal } from "@preact/signals";
import { type Outcome, problemText } from "../state/problem.js";

export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly next: string | number | undefined;
}

/** Rows of a file that is made of all pages. */
const ROWS_MAX = 20_000;
/** Pages that may come without an item before one has something: a page looks through a bounded stretch. */
const EMPTY_PAGES_MAX = 20;

export class PagedList<Item> {
  readonly items: Signal<readonly Item[]> = signal([]);
  readonly isReading = signal(false);
  /** Null: nothing was read yet. */
  readonly hasMore: Signal<boolean | null> = signal(null);
  readonly problem = signal("");
  readonly #read: (next: ListPage<Item>["next"]) => Promise<Outcome<ListPage<Item>>>;
  #next: ListPage<Item>["next"];
  /** Of what was begun last: an answer to what was before is dropped. */
  #generation = 0;

  constructor(read: (next: ListPage<Item>["next"]) => Promise<Outcome<ListPage<Item>>>) {
    this.#read = read;
  }

  /** Reads the first page; what was shown stays until it has come. */
  begin(): Promise<void> {
    this.#generation++;
    return this.#readPages(undefined, []);
  }

  async more(): Promise<void> {
    if (this.hasMore.value === true && !this.isReading.value) await this.#readPages(this.#next, this.items.value);
  }

  /** Reads all that there is, up to a limit. */
  async all(): Promise<readonly Item[]> {
    await this.begin();
    while (this.hasMore.value === true && this.problem.value === "" && this.items.value.length < ROWS_MAX)
      await this.#readPages(this.#next, this.items.value);
    return this.items.value;
  }

  forget(): void {
    this.#generation++;
    this.items.value = [];
    this.hasMore.value = null;
    this.isReading.value = false;
    this.problem.value = "";
  }

  async #readPages(from: ListPage<Item>["next"], before: readonly Item[]): Promise<void> {
    const generation = this.#generation;
    this.isReading.value = true;
    let next = from;
    for (let page = 1; ; page++) {
      const outcome = await this.#read(next);
      if (generation !== this.#generation) return;
      this.problem.value = outcome.ok ? "" : problemText(outcome.problem);
      if (!outcome.ok) break;
      next = outcome.body.next;
      const isOver = next === undefined;
      if (outcome.body.items.length === 0 && !isOver && page < EMPTY_PAGES_MAX) continue;
      this.items.value = [...before, ...outcome.body.items];
      this.hasMore.value = !isOver;
      this.#next = next;
      break;
    }
    this.isReading.value = false;
  }
}
