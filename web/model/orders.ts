/** The own orders, open and ended, live. */
import { type Signal, signal } from "@preact/signals";
import {
  type OpenOrdersPage,
  type OwnOrder,
  OwnOrders,
  type ReportJson,
} from "../../src/shared/subscriber/own-orders.js";
import { hopsText } from "../state/hops.js";
import { AccountChannel } from "./account-channel.js";

/** Rows of a table at most: the rest is counted. */
export const ORDER_ROWS_MAX = 20;
const ENDED_MAX = 100;
/** Reports before the first answer that are read, so that orders that have just ended are shown, too. */
const HISTORY_REPORTS = 100;

/** An order as a row shows it: each cell has its own signal. */
export interface OrderRow {
  readonly key: string;
  readonly asset: string;
  readonly orderId: string;
  readonly side: string;
  readonly terms: Signal<string>;
  readonly filled: Signal<string>;
  readonly status: Signal<string>;
  readonly hops: Signal<string>;
  /** All that is known of it. */
  readonly order: Signal<OwnOrder>;
}

export class Orders extends AccountChannel {
  /** Newest first. */
  readonly open: Signal<readonly OrderRow[]> = signal([]);
  readonly ended: Signal<readonly OrderRow[]> = signal([]);
  readonly openTotal = signal(0);
  /** Told of each report as it comes, live or not. */
  onReport: ((report: ReportJson) => void) | null = null;
  #orders = new OwnOrders(ENDED_MAX);
  /** Rows that are shown, by key: an order keeps its row, and so its place and its focus. */
  readonly #rows = new Map<string, OrderRow>();
  /** The account's last report when the subscription began: later ones are live. Null: nothing was answered yet. */
  #liveAfter: number | null = null;
  /** Where the subscription begins; null: the account's last report is not known yet. */
  #from: number | null = null;
  readonly #paint = () => this.#show();

  protected override request(): object {
    this.#liveAfter = null;
    const from = this.#orders.sequence ?? this.#from;
    return from === null ? { channel: "orders" } : { channel: "orders", from };
  }

  protected override onAnswer(answer: object): boolean {
    const page = answer as OpenOrdersPage;
    const { accountSequence } = page;
    if (this.#orders.sequence === null && this.#from === null && accountSequence > 0) {
      this.#from = Math.max(0, accountSequence - HISTORY_REPORTS);
      this.readAgain("reading what was last");
      return true;
    }
    this.#liveAfter = accountSequence;
    this.#orders.begin(this.#from ?? accountSequence, page);
    if (page.next !== undefined) void this.#readPages(page.next);
    this.parts.frames.paint(this.#paint);
    return true;
  }

  /** A `from` after the account's last report: the books were begun anew, and so do we. */
  protected override refused(why: { readonly code?: string; readonly text: string }): void {
    super.refused(why);
    if (why.code !== "MALFORMED_MESSAGE" || (this.#orders.sequence ?? this.#from) === null) return;
    this.forget();
    this.readAgain(why.text);
  }

  override onEvent(payload: unknown): void {
    const { reports } = payload as { reports: readonly ReportJson[] };
    // Of a subscription that another has taken the place of.
    if (this.#liveAfter === null) return;
    const nowUs = this.parts.nowUs();
    for (const report of reports) {
      const isLive = (report.accountSequence ?? 0) > this.#liveAfter;
      if (!this.#orders.take(report, isLive ? nowUs : null)) {
        this.readAgain("reports are missing: reading them again");
        break;
      }
      this.onReport?.(report);
    }
    this.parts.frames.paint(this.#paint);
  }

  async #readPages(first: string): Promise<void> {
    const orders = this.#orders;
    for (let next: string | undefined = first; next !== undefined; ) {
      const answer = await this.parts.connection.ask({ channel: "orders", next });
      if (orders !== this.#orders) return;
      if (!answer.ok) return this.readAgain(`open orders are missing (${answer.text}): reading them again`);
      const page = answer as unknown as OpenOrdersPage;
      orders.takePage(page);
      next = page.next;
    }
    this.parts.frames.paint(this.#paint);
  }

  protected override forget(): void {
    this.#orders = new OwnOrders(ENDED_MAX);
    this.#from = null;
    this.#liveAfter = null;
    this.#show();
  }

  #show(): void {
    const { open, ended } = this.#orders;
    const shownOpen = newest(open);
    const shownEnded = newest(ended);
    const shown = new Set([...shownOpen, ...shownEnded].map(({ key }) => key));
    for (const key of this.#rows.keys()) if (!shown.has(key)) this.#rows.delete(key);
    setRows(
      this.open,
      shownOpen.map((order) => this.#rowOf(order)),
    );
    setRows(
      this.ended,
      shownEnded.map((order) => this.#rowOf(order)),
    );
    this.openTotal.value = open.size;
  }

  #rowOf(order: OwnOrder): OrderRow {
    let row = this.#rows.get(order.key);
    if (row === undefined) {
      const { key, asset, orderId, side = "" } = order;
      const id = orderId === undefined ? "" : String(orderId);
      row = {
        key,
        asset,
        orderId: id,
        side,
        terms: signal(""),
        filled: signal(""),
        status: signal(""),
        hops: signal(""),
        order: signal(order),
      };
      this.#rows.set(key, row);
    }
    row.terms.value = termsText(order);
    row.filled.value = order.filledQuantity ?? "";
    row.status.value = statusText(order);
    row.hops.value = hopsText(order.hops);
    row.order.value = order;
    return row;
  }
}

function newest(orders: ReadonlyMap<string, OwnOrder>): OwnOrder[] {
  return [...orders.values()].slice(-ORDER_ROWS_MAX).reverse();
}

/** The list changes only when other orders are in it, or in another order. */
function setRows(rows: Signal<readonly OrderRow[]>, next: readonly OrderRow[]): void {
  const isSame = rows.value.length === next.length && next.every((row, place) => row === rows.value[place]);
  if (!isSame) rows.value = next;
}

function termsText({ quantity, price, stopPrice, type }: OwnOrder): string {
  const at = price ?? (type === "market" || type === "stop_market" ? "market" : "");
  const stop = stopPrice === undefined ? "" : `, stop ${stopPrice}`;
  return `${quantity ?? "–"} at ${at}${stop}`;
}

function statusText({ status = "", event, reason }: OwnOrder): string {
  const words = status.replaceAll("_", " ");
  const refused = event?.endsWith("_rejected") === true ? `, ${event.replaceAll("_", " ")}` : "";
  return `${words}${refused}${reason === undefined ? "" : ` (${reason})`}`;
}
