/** Reads an account's own orders and fills, as Binance's clients ask for them. */
import type { Queries } from "../../shared/database/database.js";
import { type TermsRow, termsColumns, withTerms } from "../../shared/database/stored-reports.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { FillView, OrderView } from "./order-json.js";
import type { OrderNamed } from "./order-parameters.js";

/** The order itself, and of its reports what has traded and how it ended. */
const ORDERS = `select o.asset, o.order_id as "orderId", o.client_order_id as "clientOrderId", o.side, o.type,
    o.time_in_force as "timeInForce", case when o.type in ('limit', 'stop_limit') then o.price_ticks end as "priceTicks",
    o.quantity_lots as "quantityLots", o.filled_lots as "filledLots", o.status, ${termsColumns("o")},
    o.received_at_us as "receivedAtUs", o.updated_at_us as "updatedAtUs",
    coalesce(f.tick_lots, 0)::text as "filledTickLots", f.reason
  from orders o left join lateral (
    select sum(last_price_ticks::numeric * last_quantity_lots) as tick_lots,
      max(reason) filter (where event in ('canceled', 'rejected', 'expired')) as reason
    from execution_reports r where r.order_id = o.order_id and r.asset = o.asset and r.account_id = o.account_id) f on true
  where o.account_id = $1`;

const IS_OPEN = "o.status in ('open', 'partially_filled', 'pending_trigger')";

const FILLS = `select r.trade_id as "tradeId", r.order_id as "orderId", r.side, r.last_price_ticks as "priceTicks",
    r.last_quantity_lots as "quantityLots", coalesce(r.fee_units, 0) as "feeUnits", r.liquidity,
    r.matched_at_us as "executedAtUs"
  from execution_reports r where r.account_id = $1 and r.asset = $2 and r.event = 'trade'`;

/** A client order id that a replace gave an order names it, too. */
const ORDER_OF_CLIENT_ID = `(select c.order_id from client_order_ids c
  where c.account_id = $1 and c.client_order_id = $3 and c.asset = $2)`;

type OrderRow = Omit<OrderView, "terms" | "filledTickLots"> &
  TermsRow & { readonly asset: string; readonly filledTickLots: string };

export type StoredOrder = OrderView & { readonly asset: string };

/** Which of many, by their ids or times; `from` begins with an id and goes up, else the latest are meant. */
export interface HistoryAsked {
  readonly fromId: number | null;
  readonly startUs: number | null;
  readonly endUs: number | null;
  readonly limit: number;
}

export class OwnOrdersStore {
  readonly #database: Queries;

  constructor(database: Queries) {
    this.#database = database;
  }

  /** Null: the account has no such order in the asset. */
  async order(
    accountId: AccountId,
    asset: string,
    { orderId, clientOrderId }: OrderNamed,
  ): Promise<StoredOrder | null> {
    const id = orderId === null ? ORDER_OF_CLIENT_ID : "$3";
    const rows = await this.#orders(`and o.asset = $2 and o.order_id = ${id}`, [
      accountId,
      asset,
      orderId ?? clientOrderId,
    ]);
    return rows[0] ?? null;
  }

  /** Oldest first; `asset` null: of all assets. */
  async openOrders(accountId: AccountId, asset: string | null, max: number): Promise<StoredOrder[]> {
    const where = `and ${IS_OPEN} and o.asset = coalesce($2, o.asset) order by o.asset, o.order_id limit $3`;
    return await this.#orders(where, [accountId, asset, max]);
  }

  /** All that were ever placed in the asset, oldest first. They are found by their first reports, which are in order. */
  async orders(
    accountId: AccountId,
    asset: string,
    { fromId, startUs, endUs, limit }: HistoryAsked,
  ): Promise<StoredOrder[]> {
    const isUpward = fromId !== null || startUs !== null;
    const placed = `select r.order_id from execution_reports r
      where r.account_id = $1 and r.asset = $2 and r.event in ('accepted', 'rejected') and r.order_id >= $3
        and r.received_at_us between $4 and $5
      order by r.account_sequence ${isUpward ? "asc" : "desc"} limit $6`;
    const where = `and o.asset = $2 and o.order_id in (${placed}) order by o.order_id`;
    return await this.#orders(where, [
      accountId,
      asset,
      fromId ?? 0,
      startUs ?? 0,
      endUs ?? Number.MAX_SAFE_INTEGER,
      limit,
    ]);
  }

  /** Oldest first. */
  async fills(
    accountId: AccountId,
    asset: string,
    { fromId, startUs, endUs, limit }: HistoryAsked,
    orderId: number | null,
  ): Promise<FillView[]> {
    const isUpward = fromId !== null || startUs !== null;
    const order = isUpward ? "asc" : "desc";
    const rows = await this.#database.query<FillView>(
      `${FILLS} and r.trade_id >= $3 and r.matched_at_us between $4 and $5 and r.order_id = coalesce($6, r.order_id)
       order by r.account_sequence ${order} limit $7`,
      [accountId, asset, fromId ?? 0, startUs ?? 0, endUs ?? Number.MAX_SAFE_INTEGER, orderId, limit],
    );
    return isUpward ? rows : rows.reverse();
  }

  /** What the fills of these orders come to, in ticks × lots, up to a report of the account. */
  async filledSums(
    accountId: AccountId,
    orders: readonly { readonly asset: string; readonly orderId: number }[],
    throughSequence: number,
  ): Promise<{ readonly asset: string; readonly orderId: number; readonly tickLots: string }[]> {
    return await this.#database.query(
      `select r.asset, r.order_id as "orderId", sum(r.last_price_ticks::numeric * r.last_quantity_lots)::text as "tickLots"
       from unnest($2::text[], $3::bigint[]) as o(asset, order_id) join execution_reports r using (asset, order_id)
       where r.account_id = $1 and r.event = 'trade' and r.account_sequence <= $4 group by r.asset, r.order_id`,
      [accountId, orders.map(({ asset }) => asset), orders.map(({ orderId }) => orderId), throughSequence],
    );
  }

  async #orders(where: string, values: readonly unknown[]): Promise<StoredOrder[]> {
    const rows = await this.#database.query<OrderRow>(`${ORDERS} ${where}`, values);
    return rows.map((row) => {
      const { filledTickLots, ...order } = withTerms(row);
      return { ...order, filledTickLots: BigInt(filledTickLots) };
    });
  }
}
