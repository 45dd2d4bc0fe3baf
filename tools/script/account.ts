import { hasBecome } from "../../src/shared/process/waits.js";
import type { Key } from "../../src/shared/subscriber/connection.js";
import { isAbout, isReport, reportText, type Subject } from "./judge.js";
import { ReportInbox } from "./report-inbox.js";
import type { ExpectedReport } from "./script.js";

const LOOK_EVERY_MS = 5;
const SHOWN_MAX = 6;

/** What a script has done as one account: its orders, what its last line was about, and its reports. */
export class Account {
  readonly key: Key;
  readonly orders: Subject[] = [];
  /** Of the last line; null: it was about no order. */
  subject: Subject | null = null;
  #inbox: ReportInbox | null = null;

  constructor(key: Key) {
    this.key = key;
  }

  /** Reports count from here on. */
  async listen(notifierUrl: string): Promise<void> {
    this.#inbox ??= await ReportInbox.open(notifierUrl, this.key);
  }

  close(): void {
    this.#inbox?.close();
  }

  placed(order: Subject): void {
    this.orders.push(order);
    this.subject = order;
  }

  /** The order that was placed so many before; 1 is the last one. */
  orderBack(count: number, asset: string | null = null): Subject | null {
    const orders = asset === null ? this.orders : this.orders.filter((order) => order.asset === asset);
    return orders.at(-count) ?? null;
  }

  /** Null: it came (or, where none may, did not); otherwise what came instead. */
  async waitFor(expected: ExpectedReport, withinMs: number): Promise<string | null> {
    const subject = expected.ordersBack === null ? this.subject : this.orderBack(expected.ordersBack);
    if (expected.ordersBack !== null && subject === null)
      return `${this.key.keyId} has placed ${this.orders.length} orders here`;
    if (this.#inbox === null) return "nobody is logged in, or the notifier is not known (--notifier)";
    const { told } = this.#inbox;
    const { word, isNone } = expected;
    const found = () => told.find(({ report, takenAs }) => !takenAs.has(word) && isReport(report, expected, subject));
    const came = await hasBecome(() => found() !== undefined, { deadlineMs: withinMs, everyMs: LOOK_EVERY_MS });
    if (came) found()?.takenAs.add(word);
    if (came !== isNone) return null;
    const about = told.filter(({ report }) => isAbout(report, subject)).slice(-SHOWN_MAX);
    const reports = about.map(({ report }) => reportText(report)).join(", ");
    return `${nameOf(subject)}: ${reports === "" ? "no report came" : reports}`;
  }
}

function nameOf(subject: Subject | null): string {
  if (subject === null) return "all orders";
  const { asset, orderId, clientOrderId } = subject;
  return `order ${orderId ?? `id=${clientOrderId}`} of ${asset}`;
}
