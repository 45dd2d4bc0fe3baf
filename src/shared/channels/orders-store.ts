import type { Database } from "../database/database.js";
import { isOpenDay } from "../database/history-days.js";
import { ORDER_OF_REPORT, REPORT_COLUMNS, type ReportRow, reportOf } from "../database/stored-reports.js";
import { type Asset, storedAsset } from "../domain/assets.js";
import { InvariantBroken } from "../domain/errors.js";
import { reportJson } from "../domain/report-json.js";
import type { SequencedReport } from "../domain/reports.js";
import type { AccountId } from "../domain/units.js";
import type { FeedReport } from "./account-feed.js";
import type { AccountSnapshot, OpenOrderPlace, OpenOrdersPage, OrdersSource, ReportsHole } from "./orders-source.js";
import { type OrderRow, orderColumns, orderJson } from "./stored-orders.js";

const ACCOUNT_SEQUENCE = `coalesce((select last_sequence from account_sequences where account_id = $1), 0) as "accountSequence"`;
const IS_OPEN = `account_id = $1 and status in ('open', 'partially_filled', 'pending_trigger') and ${isOpenDay("orders")}`;

/** The account's sequence and its open orders in one statement, so that both are of the same moment. */
const OPEN_ORDERS = `${ACCOUNT_SEQUENCE}, coalesce((select json_agg(open_order) from (
    select ${orderColumns("orders")}
    from orders where ${IS_OPEN} and (asset, order_id) > ($2, $3)
    order by asset, order_id limit $4) open_order), '[]') as "openOrders"`;
const ACCOUNT_SNAPSHOT = `select ${OPEN_ORDERS}, (select count(*) from orders where ${IS_OPEN}) as "openOrdersTotal"`;
const OPEN_ORDERS_PAGE = `select ${OPEN_ORDERS}`;

const REPORTS_AFTER = `select ${REPORT_COLUMNS} from execution_reports r ${ORDER_OF_REPORT}
  where r.account_id = $1 and r.account_sequence > greatest($2,
    (select account_sequence from closed_accounts where account_id = $1)) order by r.account_sequence limit $3`;
const REPORTS_IN_HOLES = `select ${REPORT_COLUMNS}
  from unnest($1::bigint[], $2::bigint[], $3::bigint[]) hole(account_id, after, up_to)
  join execution_reports r using (account_id) ${ORDER_OF_REPORT}
  where r.account_sequence > after and r.account_sequence <= up_to order by r.account_id, r.account_sequence`;

const BEFORE_ALL: OpenOrderPlace = { asset: "", orderId: 0 };

interface OpenOrdersRow {
  readonly accountSequence: number;
  readonly openOrders: OrderRow[];
}

/** Reads orders and reports from Postgres for the channel `orders`. */
export class OrdersStore implements OrdersSource {
  readonly #database: Database;
  readonly #assets: ReadonlyMap<string, Asset>;

  constructor(database: Database, assets: ReadonlyMap<string, Asset>) {
    this.#database = database;
    this.#assets = assets;
  }

  async accountSnapshot(accountId: AccountId, ordersMax: number): Promise<AccountSnapshot> {
    const row = await this.#openOrders<{ openOrdersTotal: number }>(ACCOUNT_SNAPSHOT, accountId, BEFORE_ALL, ordersMax);
    return { ...this.#page(row, ordersMax), openOrdersTotal: row.openOrdersTotal };
  }

  async openOrdersAfter(accountId: AccountId, after: OpenOrderPlace, ordersMax: number): Promise<OpenOrdersPage> {
    return this.#page(await this.#openOrders(OPEN_ORDERS_PAGE, accountId, after, ordersMax), ordersMax);
  }

  async reportsAfter(accountId: AccountId, after: number, reportsMax: number): Promise<FeedReport[]> {
    const rows = await this.#reports(REPORTS_AFTER, [accountId, after, reportsMax]);
    return rows.map(({ report }) => report);
  }

  reportsIn(holes: readonly ReportsHole[]): Promise<{ accountId: AccountId; report: FeedReport }[]> {
    const columns = [holes.map(({ key }) => key), holes.map(({ after }) => after), holes.map(({ upTo }) => upTo)];
    return this.#reports(REPORTS_IN_HOLES, columns);
  }

  async lastAccountSequences(
    accountIds: readonly AccountId[],
  ): Promise<{ accountId: AccountId; accountSequence: number }[]> {
    if (accountIds.length === 0) return [];
    const text = `select account_id as "accountId", last_sequence as "accountSequence" from account_sequences
      where account_id = any($1::bigint[])`;
    return await this.#database.query(text, [accountIds]);
  }

  render(asset: string, report: SequencedReport): object {
    return reportJson(report, storedAsset(this.#assets, asset));
  }

  /** Reads one order more than a page has, if there is one: it shows that there is a next page. */
  async #openOrders<More>(
    text: string,
    accountId: AccountId,
    after: OpenOrderPlace,
    ordersMax: number,
  ): Promise<OpenOrdersRow & More> {
    const values = [accountId, after.asset, after.orderId, ordersMax + 1];
    const [row] = await this.#database.query<OpenOrdersRow & More>(text, values);
    if (row === undefined) throw new InvariantBroken("a select without from has one row");
    return row;
  }

  #page({ accountSequence, openOrders }: OpenOrdersRow, ordersMax: number): OpenOrdersPage {
    const page = openOrders.slice(0, ordersMax);
    const last = page.at(-1);
    return {
      accountSequence,
      openOrders: page.map((order) => orderJson(order, storedAsset(this.#assets, order.asset))),
      next: last === undefined || openOrders.length <= ordersMax ? null : { asset: last.asset, orderId: last.orderId },
    };
  }

  async #reports(text: string, values: readonly unknown[]): Promise<{ accountId: AccountId; report: FeedReport }[]> {
    const rows = await this.#database.query<ReportRow>(text, values);
    return rows.map((row) => {
      const { accountId, accountSequence, matchedAtUs } = row;
      return { accountId, report: { accountSequence, matchedAtUs, json: this.render(row.asset, reportOf(row)) } };
    });
  }
}
