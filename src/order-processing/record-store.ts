/** Reads from Postgres what a batch of requests is judged by: client order ids, balances, orders, prices; in one round trip. */
import { columns } from "../shared/database/columns.js";
import type { Database, Row, Statement } from "../shared/database/database.js";
import { findLastPrices, lastPricesOf } from "../shared/database/last-prices.js";
import type { AccountId, PriceTicks } from "../shared/domain/units.js";
import { clientOrderIdsOf, findClientOrderIds } from "./client-order-ids.js";
import { type Balance, type BalanceKey, balanceKey, type OrderOnRecord } from "./funding.js";
import { findOrders, type OrderName, ordersOf } from "./live-orders.js";
import type { ClientOrderIdKey, ClientOrderIdUses } from "./sequencing.js";

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
      { isAsked: orders.length > 0, statement: findOrders(orders, "recent days") },
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
      orders: ordersOf([...orderRows, ...(await this.#olderOrders(orders, orderRows))]),
      lastPrices: lastPricesOf(priceRows),
    };
  }

  /** Looks everywhere for orders that are neither open nor of recent days, if there are any. */
  async #olderOrders(asked: readonly OrderName[], found: readonly Row[]): Promise<readonly Row[]> {
    const known = new Set(
      found.filter(({ is_certain }) => is_certain).map(({ asset, order_id }) => `${asset} ${order_id}`),
    );
    const missing = asked.filter(({ asset, orderId }) => !known.has(`${asset} ${orderId}`));
    if (missing.length === 0) return [];
    const [rows = []] = await this.#database.transaction([findOrders(missing, "all days")]);
    return rows;
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

function keyOf(row: Row): string {
  return balanceKey(row["account_id"] as AccountId, row["currency"] as string);
}

function balanceOf(row: Row): Balance {
  return { availableUnits: BigInt(row["available"] as string), openOrders: row["open_orders"] as number };
}
