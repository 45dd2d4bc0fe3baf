/** Reads from Postgres what a batch of requests is judged by: client order ids, balances, orders, prices; in one round trip. */
import { columns } from "../shared/database/columns.js";
import type { Database, Row, Statement } from "../shared/database/database.js";
import { findLastPrices, lastPricesOf } from "../shared/database/last-prices.js";
import { feeRatesOf } from "../shared/database/stored-commands.js";
import type { AccountId, OrderId, PriceTicks } from "../shared/domain/units.js";
import { clientOrderIdsOf, findClientOrderIds } from "./client-order-ids.js";
import { type Balance, type BalanceKey, balanceKey, type OrderOnRecord, orderKey } from "./funding.js";
import type { ClientOrderIdKey, ClientOrderIdUses } from "./sequencing.js";

export interface OrderName {
  readonly asset: string;
  readonly orderId: OrderId;
}

export interface Questions {
  readonly clientOrderIds: readonly ClientOrderIdKey[];
  readonly balances: readonly BalanceKey[];
  readonly orders: readonly OrderName[];
  /** Assets whose last trade's price is asked for. */
  readonly lastPrices: readonly string[];
}

export interface Answers {
  readonly clientOrderIds: ClientOrderIdUses;
  /** By balanceKey. */
  readonly balances: ReadonlyMap<string, Balance>;
  /** By orderKey; live orders only. */
  readonly orders: ReadonlyMap<string, OrderOnRecord>;
  /** By asset; only assets that have traded. */
  readonly lastPrices: ReadonlyMap<string, PriceTicks>;
}

export class RecordStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async answer({ clientOrderIds, balances, orders, lastPrices }: Questions): Promise<Answers> {
    const asked = [
      { isAsked: clientOrderIds.length > 0, statement: findClientOrderIds(clientOrderIds) },
      { isAsked: balances.length > 0, statement: findBalances(balances) },
      { isAsked: orders.length > 0, statement: findOrders(orders) },
      { isAsked: lastPrices.length > 0, statement: findLastPrices(lastPrices) },
    ];
    const statements = asked.filter(({ isAsked }) => isAsked).map(({ statement }) => statement);
    const results = statements.length === 0 ? [] : await this.#database.transaction(statements);
    const [ids = [], balanceRows = [], orderRows = [], priceRows = []] = asked.map(({ isAsked }) =>
      isAsked ? results.shift() : [],
    );
    return {
      clientOrderIds: clientOrderIdsOf(ids),
      balances: new Map(balanceRows.map((row) => [keyOf(row), balanceOf(row)])),
      orders: new Map(
        orderRows.map((row) => [orderKey(row["asset"] as string, row["order_id"] as OrderId), orderOf(row)]),
      ),
      lastPrices: lastPricesOf(priceRows),
    };
  }
}

function findBalances(keys: readonly BalanceKey[]): Statement {
  return {
    name: "find_balances",
    text: `select b.account_id, b.currency, b.available::text as available, b.open_orders
      from unnest($1::bigint[], $2::text[]) as k(account_id, currency)
      join balances b on b.account_id = k.account_id and b.currency = k.currency`,
    values: columns(
      keys,
      (key) => key.accountId,
      (key) => key.currency,
    ),
  };
}

/**
 * Finds orders with their latest terms: those of a replace whose outcome is not settled yet, else as settlement left the
 * order, else as it came in. One statement, so that the terms and settlement's position are of the same moment.
 */
function findOrders(names: readonly OrderName[]): Statement {
  return {
    name: "find_orders",
    text: `select k.asset, k.order_id, n.account_id, n.side, n.maker_fee_bps, n.taker_fee_bps,
        coalesce(r.quantity_lots, o.quantity_lots, n.quantity_lots) as quantity_lots,
        case when n.type in ('limit', 'stop_limit') then coalesce(r.price_ticks, o.price_ticks, n.price_ticks) end
          as price_ticks,
        coalesce(o.filled_lots, 0) as filled_lots
      from (select distinct asset, order_id from unnest($1::text[], $2::bigint[]) as k(asset, order_id)) as k
      cross join lateral (select * from order_log where asset = k.asset and log_id = k.order_id limit 1) n
      left join orders o on o.asset = k.asset and o.order_id = k.order_id
      left join consumer_positions p on p.service = 'trade-processing' and p.asset = k.asset
      left join lateral (
        select quantity_lots, price_ticks from order_log
        where asset = k.asset and order_id = k.order_id and kind = 'replace' and refused is null
          and account_id = n.account_id and command_sequence > coalesce(p.hold_command_sequence, 0)
        order by command_sequence desc limit 1) r on true
      where n.kind = 'new' and n.refused is null
        and (o.status is null or o.status in ('open', 'partially_filled', 'pending_trigger'))`,
    values: columns(
      names,
      (name) => name.asset,
      (name) => name.orderId,
    ),
  };
}

function keyOf(row: Row): string {
  return balanceKey(row["account_id"] as AccountId, row["currency"] as string);
}

function balanceOf(row: Row): Balance {
  return { availableUnits: BigInt(row["available"] as string), openOrders: row["open_orders"] as number };
}

function orderOf(row: Row): OrderOnRecord {
  return {
    accountId: row["account_id"],
    side: row["side"],
    quantityLots: row["quantity_lots"],
    priceTicks: row["price_ticks"],
    filledLots: row["filled_lots"],
    feeRates: feeRatesOf(row),
  } as OrderOnRecord;
}
