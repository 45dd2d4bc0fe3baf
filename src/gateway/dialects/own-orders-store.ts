import type { Queries } from "../../shared/database/database.js";
import { type Asset, storedAsset } from "../../shared/domain/assets.js";
import { formatAmount, formatDecimal, formatPrice } from "../../shared/domain/decimal.js";
import type { OrderType, Side } from "../../shared/domain/messages.js";
import type { OrderStatus } from "../../shared/domain/reports.js";
import type { AccountId } from "../../shared/domain/units.js";
import type { NamedOrder } from "./order-uuid.js";

/** Amounts are decimal text. */
export interface OwnOrder extends NamedOrder {
  readonly side: Side;
  readonly type: OrderType;
  readonly status: OrderStatus;
  readonly price: string | null;
  readonly quantity: string;
  readonly filled: string;
  readonly receivedAtUs: number;
}

export interface OwnFill extends NamedOrder {
  readonly tradeId: number;
  readonly side: Side;
  readonly price: string;
  readonly quantity: string;
  /** Price times quantity, and the fee, in the quote currency. */
  readonly total: string;
  readonly fee: string;
  readonly matchedAtUs: number;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

const ORDERS = `select asset, order_id as "orderId", side, type, status, received_at_us as "receivedAtUs",
    case when type in ('limit', 'stop_limit') then price_ticks end as "priceTicks",
    quantity_lots as "quantityLots", filled_lots as "filledLots" from orders where account_id = $1`;
const IS_OPEN = "status in ('open', 'partially_filled', 'pending_trigger')";
const FILLS = `select asset, order_id as "orderId", trade_id as "tradeId", side, last_price_ticks as "priceTicks",
    last_quantity_lots as "quantityLots", coalesce(fee_units, 0) as "feeUnits", matched_at_us as "matchedAtUs"
  from execution_reports where account_id = $1 and event = 'trade'`;

type OrderRow = Omit<OwnOrder, "price" | "quantity" | "filled"> & {
  readonly priceTicks: number | null;
  readonly quantityLots: number | null;
  readonly filledLots: number;
};
type FillRow = Omit<OwnFill, "price" | "quantity" | "total" | "fee"> & {
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly feeUnits: number;
};

/** Reads an account's orders and fills as other systems' clients ask for them. */
export class OwnOrdersStore {
  readonly #database: Queries;
  readonly #assets: ReadonlyMap<string, Asset>;

  constructor(database: Queries, assets: ReadonlyMap<string, Asset>) {
    this.#database = database;
    this.#assets = assets;
  }

  /** Null: the account has no such order. */
  async order(accountId: AccountId, { asset, orderId }: NamedOrder): Promise<OwnOrder | null> {
    const [order] = await this.#orders("and asset = $2 and order_id = $3", [accountId, asset, orderId]);
    return order ?? null;
  }

  /** The latest first. */
  latestOrders(accountId: AccountId, { limit, offset }: Page): Promise<OwnOrder[]> {
    return this.#orders("order by received_at_us desc, order_id desc limit $2 offset $3", [accountId, limit, offset]);
  }

  /** In the order in which they came. */
  openOrders(accountId: AccountId, asset: string, max: number): Promise<OwnOrder[]> {
    return this.#orders(`and asset = $2 and ${IS_OPEN} order by order_id limit $3`, [accountId, asset, max]);
  }

  orderCount(accountId: AccountId): Promise<number> {
    return this.#count("orders where account_id = $1", accountId);
  }

  /** The latest first; `of` null: of all orders. */
  fills(accountId: AccountId, of: NamedOrder | null, { limit, offset }: Page): Promise<OwnFill[]> {
    const page = `order by account_sequence desc limit $2 offset $3`;
    if (of === null) return this.#fills(page, [accountId, limit, offset]);
    return this.#fills(`and asset = $4 and order_id = $5 ${page}`, [accountId, limit, offset, of.asset, of.orderId]);
  }

  fillCount(accountId: AccountId): Promise<number> {
    return this.#count("execution_reports where account_id = $1 and event = 'trade'", accountId);
  }

  async #count(from: string, accountId: AccountId): Promise<number> {
    const [row] = await this.#database.query<{ total: number }>(`select count(*) as total from ${from}`, [accountId]);
    return Number(row?.total ?? 0);
  }

  async #orders(where: string, values: readonly unknown[]): Promise<OwnOrder[]> {
    const rows = await this.#database.query<OrderRow>(`${ORDERS} ${where}`, values);
    return rows.map(({ priceTicks, quantityLots, filledLots, ...order }) => {
      const { tick, lot } = storedAsset(this.#assets, order.asset);
      const price = priceTicks === null ? null : formatPrice(priceTicks, tick);
      const quantity = formatDecimal(quantityLots ?? filledLots, lot);
      return { ...order, price, quantity, filled: formatDecimal(filledLots, lot) };
    });
  }

  async #fills(where: string, values: readonly unknown[]): Promise<OwnFill[]> {
    const rows = await this.#database.query<FillRow>(`${FILLS} ${where}`, values);
    return rows.map(({ priceTicks, quantityLots, feeUnits, ...fill }) => {
      const { tick, lot, quoteUnit, quoteUnitsPerTickLot } = storedAsset(this.#assets, fill.asset);
      const units = BigInt(priceTicks) * BigInt(quantityLots) * BigInt(quoteUnitsPerTickLot);
      const [price, quantity] = [formatPrice(priceTicks, tick), formatDecimal(quantityLots, lot)];
      return {
        ...fill,
        price,
        quantity,
        total: formatDecimal(units, quoteUnit),
        fee: formatAmount(feeUnits, quoteUnit),
      };
    });
  }
}
