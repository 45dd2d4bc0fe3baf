/** The own orders of an account, folded from the channel `orders`: its snapshots in pages, and its reports. */

/** An execution report, or an open order of a snapshot, which is the same without what happened. docs/protocol.md, section 6. */
export interface ReportJson {
  readonly accountSequence?: number;
  readonly asset: string;
  /** Missing where a request named no order that exists. */
  readonly orderId?: number;
  readonly clientOrderId?: string;
  readonly event?: string;
  readonly status?: string;
  readonly side?: string;
  readonly type?: string;
  readonly timeInForce?: string;
  readonly price?: string;
  readonly stopPrice?: string;
  readonly quantity?: string;
  readonly filledQuantity?: string;
  readonly leavesQuantity?: string;
  readonly lastPrice?: string;
  readonly lastQuantity?: string;
  readonly liquidity?: string;
  readonly fee?: string;
  readonly feeCurrency?: string;
  readonly reason?: string;
  readonly receivedAtUs?: number;
  readonly matchedAtUs?: number;
}

/** When an order was where; microseconds since the epoch, the last by this machine's clock. */
export interface Hops {
  readonly receivedAtUs: number;
  readonly matchedAtUs: number;
  /** Null: the report was not told live, but read from the books afterwards. */
  readonly toldAtUs: number | null;
}

export interface OwnOrder extends ReportJson {
  readonly key: string;
  /** Of the report that answered it; null: that one did not come here. */
  readonly hops: Hops | null;
}

export interface OpenOrdersPage {
  readonly accountSequence: number;
  readonly openOrders: readonly ReportJson[];
  readonly next?: string;
}

const OPEN = new Set(["open", "partially_filled", "pending_trigger"]);

export function isOpen({ status }: ReportJson): boolean {
  return OPEN.has(status ?? "");
}

export class OwnOrders {
  /** Open ones by key, in the order in which they came. */
  readonly open = new Map<string, OwnOrder>();
  /** Ended ones by key, oldest first, so many at most. */
  readonly ended = new Map<string, OwnOrder>();
  readonly #endedMax: number;
  /** As of which of the account's reports each order is known: those that are open, and all while pages come. */
  readonly #knownAt = new Map<string, number>();
  #sequence: number | null = null;
  #isPaging = false;

  constructor(endedMax: number) {
    this.#endedMax = endedMax;
  }

  /** The last report's number: `from` of the next subscription. Null: there was no answer yet. */
  get sequence(): number | null {
    return this.#sequence;
  }

  /** Begins with the first page of an answer whose reports follow after `from`; nothing that is known is forgotten. */
  begin(from: number, page: OpenOrdersPage): void {
    this.#sequence ??= from;
    this.#isPaging = true;
    this.takePage(page);
  }

  /** A page is as of its own number: what a later report said of an order counts. */
  takePage({ accountSequence, openOrders, next }: OpenOrdersPage): void {
    for (const order of openOrders) {
      const key = keyOf(order);
      if ((this.#knownAt.get(key) ?? 0) > accountSequence) continue;
      const hops = this.open.get(key)?.hops ?? this.ended.get(key)?.hops ?? null;
      this.#keep({ ...order, key, hops }, accountSequence);
    }
    if (next !== undefined) return;
    this.#isPaging = false;
    for (const key of this.#knownAt.keys()) if (!this.open.has(key)) this.#knownAt.delete(key);
  }

  /**
   * Takes a report. False: one before it is missing, so it was not taken; subscribe again from `sequence`.
   * `toldAtUs`: when it came, where it came live.
   */
  take(report: ReportJson, toldAtUs: number | null): boolean {
    const sequence = report.accountSequence ?? 0;
    if (this.#sequence !== null && sequence <= this.#sequence) return true;
    if (this.#sequence !== null && sequence !== this.#sequence + 1) return false;
    this.#sequence = sequence;
    const key = keyOf(report);
    const known = this.open.get(key) ?? this.ended.get(key);
    const hops = known?.hops ?? hopsOf(report, toldAtUs);
    const knownAt = this.#knownAt.get(key) ?? 0;
    // A page told of the order as it was later: only its times are news.
    if (knownAt >= sequence && known !== undefined) this.#keep({ ...known, hops }, knownAt);
    else this.#keep({ ...report, key, hops }, sequence);
    return true;
  }

  #keep(order: OwnOrder, knownAt: number): void {
    const { key } = order;
    this.#knownAt.set(key, knownAt);
    if (isOpen(order)) {
      this.ended.delete(key);
      this.open.set(key, order);
      return;
    }
    this.open.delete(key);
    this.ended.delete(key);
    this.ended.set(key, order);
    if (!this.#isPaging) this.#knownAt.delete(key);
    for (const oldest of this.ended.keys()) {
      if (this.ended.size <= this.#endedMax) break;
      this.ended.delete(oldest);
    }
  }
}

function keyOf({ asset, orderId, accountSequence }: ReportJson): string {
  return `${asset}/${orderId ?? `report ${accountSequence}`}`;
}

/** Events that answer a request; the others have the times of an order that came in long before. */
const ANSWERS = new Set(["accepted", "rejected", "cancel_rejected", "replace_rejected"]);

function hopsOf({ event = "", receivedAtUs, matchedAtUs }: ReportJson, toldAtUs: number | null): Hops | null {
  if (!ANSWERS.has(event)) return null;
  return receivedAtUs === undefined || matchedAtUs === undefined ? null : { receivedAtUs, matchedAtUs, toldAtUs };
}
