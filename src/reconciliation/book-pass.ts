/** One look at an engine's book, as its snapshot holds it. */
import type { WorkingSnapshot } from "../shared/database.js";
import type { Logger } from "../shared/log.js";
import { bookRules, createBook } from "./book-rules.js";
import type { OpenDifference } from "./difference-store.js";
import type { EngineBook } from "./engine-books.js";
import { type Looked, looked } from "./pass.js";
import { differences } from "./reconcile.js";

export type BookOutcome = Looked & {
  /** Not "waits": it need not be looked at again. */
  readonly outcome: "compared" | "waits for its settlement" | "was compared before" | "is too large";
};

export async function runBookPass(
  snapshot: WorkingSnapshot,
  log: Logger,
  book: EngineBook,
  open: readonly OpenDifference[],
): Promise<BookOutcome> {
  const { asset, event } = book;
  const nothing = { findings: [], seen: [], resolved: [] };
  const [row] = await snapshot.query<{ settled: number; compared: number }>(
    `select coalesce((select sequence from consumer_positions where service = 'trade-processing' and asset = $1), 0) as settled,
       coalesce((select book_event_sequence from reconciled_assets where asset = $1), 0) as compared`,
    [asset],
  );
  if ((row?.settled ?? 0) < event) return { ...nothing, outcome: "waits for its settlement" };
  if ((row?.compared ?? 0) >= event) return { ...nothing, outcome: "was compared before" };
  if (!(await createBook(snapshot, book))) {
    log.warn({ asset, event }, "the book is too large to be compared");
    return { ...nothing, outcome: "is too large" };
  }
  const found = await looked(
    differences(snapshot, undefined, bookRules),
    () => ({ of: "book", asset }),
    open.filter(({ foundIn }) => foundIn.of === "book" && foundIn.asset === asset),
  );
  await snapshot.query("update reconciled_assets set book_event_sequence = $2 where asset = $1", [asset, event]);
  return { ...found, outcome: "compared" };
}
