/**
 * What an account may know of itself, read from Postgres by pages. An account's own order is that of its reports, so orders and fills
 * are found along its sequence: a page looks through a bounded stretch of it, and may be short, or empty, where there is more.
 */

import type { Queries } from "../database/database.js";
import { ORDER_OF_REPORT, REPORT_COLUMNS, type ReportRow, reportOf } from "../database/stored-reports.js";
import { type Asset, storedAsset } from "../domain/assets.js";
import { reportJson } from "../domain/report-json.js";
import type { AccountId } from "../domain/units.js";
import { type OrderRow, orderColumns, orderJson } from "./stored-orders.js";

type Report = ReturnType<typeof reportJson>;

/** How many of an account's reports one page looks through. */
const STRETCH = 20_000;

const LAST = `select coalesce((select last_sequence from account_sequences where account_id = $1), 0) as last`;
/** The reports of a stretch: $1 is the account, $2 what they are before, $3 the first of them, $4 an asset or null. */
const IN_STRETCH = `r.account_id = $1 and r.account_sequence < $2 and r.account_sequence >= $3
  and ($4::text is null or r.asset = $4)`;
/** The first report of each order. */
const ORDERS = `select r.account_sequence as place, ${orderColumns("o")} from execution_reports r
  join orders o on o.asset = r.asset and o.order_id = r.order_id
  where ${IN_STRETCH} and r.event in ('accepted', 'rejected') order by r.account_sequence desc limit $5`;
const FILLS = `select r.account_sequence as place, ${REPORT_COLUMNS} from execution_reports r ${ORDER_OF_REPORT}
  where ${IN_STRETCH} and r.event = 'trade' order by r.account_sequence desc limit $5`;

const ORDER = `select ${orderColumns("o")} from orders o where o.account_id = $1 and o.asset = $2 and o.order_id = $3`;
const FILLS_OF_ORDER = `select ${REPORT_COLUMNS} from execution_reports r ${ORDER_OF_REPORT}
  where r.account_id = $1 and r.asset = $2 and r.order_id = $3 and r.event = 'trade' and r.account_sequence > $4
  order by r.account_sequence limit $5`;

const LEDGER = `select e.at_us as "atUs", e.kind, e.source, e.sequence, e.currency,
    trim_scale(e.amount * 10::numeric ^ (-c.decimals))::text as amount
  from ledger_entries e join currencies c using (currency)
  where e.account_id = $1 and e.kind in ('deposit', 'withdrawal', 'trade') and ($2::text is null or e.currency = $2)
    and e.at_us <= $3 and (e.at_us, e.source, e.sequence, e.currency) < ($3, $4, $5, $6)
  order by e.at_us desc, e.source desc, e.sequence desc, e.currency desc limit $7`;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** What the next page is before; null: there is none. */
  readonly next: number | null;
}

export interface LedgerEntry {
  readonly atUs: number;
  readonly kind: string;
  /** The asset that traded, or "transfers". */
  readonly source: string;
  /** The event of a trade, the number of a transfer. */
  readonly sequence: number;
  readonly currency: string;
  /** What it changes of all that the account has of the currency. */
  readonly amount: string;
}

export type LedgerPlace = Pick<LedgerEntry, "atUs" | "source" | "sequence" | "currency">;

export interface PageAsked {
  readonly before: number | undefined;
  readonly asset: string | null;
  readonly limit: number;
}

export class AccountStore {
  readonly #database: Queries;
  readonly #assets: ReadonlyMap<string, Asset>;

  constructor(database: Queries, assets: ReadonlyMap<string, Asset>) {
    this.#database = database;
    this.#assets = assets;
  }

  /** Orders of every state, the newest first. */
  orders(account: AccountId, page: PageAsked): Promise<Page<Record<string, unknown>>> {
    return this.#stretch<OrderRow, Record<string, unknown>>(ORDERS, account, page, (row) =>
      orderJson(row, storedAsset(this.#assets, row.asset)),
    );
  }

  /** Reports of trades, the newest first. */
  fills(account: AccountId, page: PageAsked): Promise<Page<Report>> {
    return this.#stretch<ReportRow, Report>(FILLS, account, page, (row) => this.#reportJson(row));
  }

  /** Null: there is no such order of the account. */
  async order(account: AccountId, asset: string, orderId: number): Promise<Record<string, unknown> | null> {
    const [row] = await this.#database.query<OrderRow>(ORDER, [account, asset, orderId]);
    return row === undefined ? null : orderJson(row, storedAsset(this.#assets, asset));
  }

  /** An order's fills after a place in the account's sequence, oldest first. */
  async fillsOf(account: AccountId, asset: string, orderId: number, after: number, max: number): Promise<Report[]> {
    const rows = await this.#database.query<ReportRow>(FILLS_OF_ORDER, [account, asset, orderId, after, max]);
    return rows.map((row) => this.#reportJson(row));
  }

  /** What has changed all that the account has, the newest first; holds change nothing of it. */
  ledger(account: AccountId, currency: string | null, before: LedgerPlace | null, max: number): Promise<LedgerEntry[]> {
    const { atUs, source, sequence, currency: last } = before ?? FIRST;
    return this.#database.query(LEDGER, [account, currency, atUs, source, sequence, last, max]);
  }

  async #stretch<Row extends object, Item>(
    text: string,
    account: AccountId,
    { before, asset, limit }: PageAsked,
    itemOf: (row: Row) => Item,
  ): Promise<Page<Item>> {
    const first = before ?? (await this.#lastSequence(account)) + 1;
    const from = Math.max(1, first - STRETCH);
    const values = [account, first, from, asset, limit];
    const rows = await this.#database.query<Row & { place: number }>(text, values);
    const items = rows.map(({ place: _, ...row }) => itemOf(row as unknown as Row));
    const isFull = rows.length === limit;
    const next = isFull ? (rows.at(-1)?.place ?? from) : from;
    return { items, next: next > 1 ? next : null };
  }

  async #lastSequence(account: AccountId): Promise<number> {
    const [row] = await this.#database.query<{ last: number }>(LAST, [account]);
    return row?.last ?? 0;
  }

  #reportJson(row: ReportRow): Report {
    return reportJson(reportOf(row), storedAsset(this.#assets, row.asset));
  }
}

/** Before it is everything. */
const FIRST: LedgerPlace = { atUs: Number.MAX_SAFE_INTEGER, source: "", sequence: 0, currency: "" };
