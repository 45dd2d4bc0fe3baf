/**
 * Compares an engine's book, as its snapshot holds it, with what the orders' owners were told up to the same event. It goes
 * page by page, each in a database snapshot of its own: reports up to an event never change, so all of them show the same.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { bookRules, createBook, idsInQuestion } from "./book-rules.js";
import { type Difference, rowKey } from "./comparison.js";
import type { OpenDifference } from "./difference-store.js";
import type { EngineBook } from "./engine-books.js";
import { FINDINGS_MAX, type Finding, type Looked } from "./findings.js";
import { differences } from "./reconcile.js";

/** The outcome of a look at a page, with the end of the page. */
export interface BookPage extends Looked {
  readonly found: ReadonlySet<string>;
  readonly end: number;
  readonly isLast: boolean;
}

/** Of a book that "waits", the same snapshot must be looked at again later. */
export type BookOutcome = "compared" | "waits for its settlement" | "was compared before";

/** Orders in a page: it takes about half a second, and 10 MB of temporary tables. */
const PAGE_ORDERS = 25_000;
const NOTHING: Looked = { findings: [], seen: [], resolved: [] };

export class BookPass {
  readonly #book: EngineBook;
  readonly #pageOrders: number;
  #found: ReadonlySet<string> = new Set();
  #ids: Float64Array = new Float64Array();
  #next = 0;
  /** Null: not all pages are compared. */
  #outcome: BookOutcome | null = null;

  constructor(book: EngineBook, pageOrders = PAGE_ORDERS) {
    this.#book = book;
    this.#pageOrders = pageOrders;
  }

  outcome(): BookOutcome | null {
    return this.#outcome;
  }

  /** Must be called first: finds out whether there is anything to compare. */
  async begin(snapshot: WorkingSnapshot): Promise<Looked> {
    const { asset, event } = this.#book;
    const [row] = await snapshot.query<{ settled: number; compared: number }>(
      `select coalesce((select sequence from consumer_positions where service = 'trade-processing' and asset = $1), 0) as settled,
         coalesce((select book_event_sequence from reconciled_assets where asset = $1), 0) as compared`,
      [asset],
    );
    if ((row?.settled ?? 0) < event) this.#outcome = "waits for its settlement";
    else if ((row?.compared ?? 0) >= event) this.#outcome = "was compared before";
    else this.#ids = await idsInQuestion(snapshot, this.#book);
    return NOTHING;
  }

  /** Looks at the present page; `turn` goes to the next one. After the last page, differences not found again are resolved. */
  async lookAtPage(snapshot: WorkingSnapshot, open: readonly OpenDifference[]): Promise<BookPage> {
    const { asset, event } = this.#book;
    const end = Math.min(this.#next + this.#pageOrders, this.#ids.length);
    await createBook(snapshot, this.#book, this.#ids.subarray(this.#next, end));
    const found = new Set(this.#found);
    const findings: Finding[] = [];
    for await (const difference of differences(snapshot, undefined, bookRules)) {
      found.add(rowKey(difference));
      findings.push({ difference, foundIn: { of: "book", asset } });
      if (found.size === FINDINGS_MAX) break;
    }
    const isWhole = found.size < FINDINGS_MAX;
    const isLast = !isWhole || end === this.#ids.length;
    if (isLast)
      await snapshot.query("update reconciled_assets set book_event_sequence = $2 where asset = $1", [asset, event]);
    const before = open.filter(({ foundIn }) => foundIn.of === "book" && foundIn.asset === asset);
    const isFound = ({ difference }: { readonly difference: Difference }) => found.has(rowKey(difference));
    const resolved = isLast && isWhole ? before.filter((one) => !isFound(one)) : [];
    return { findings, seen: before.filter(isFound), resolved, found, end, isLast };
  }

  turn({ found, end, isLast }: BookPage): void {
    this.#found = found;
    this.#next = end;
    if (isLast) this.#outcome = "compared";
  }
}
