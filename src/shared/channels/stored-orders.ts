/** Orders as rows of Postgres, and in the form in which their owner gets them: that of a report, without an event. */
import { type TermsRow, termsColumns, withTerms } from "../database/stored-reports.js";
import type { Asset } from "../domain/assets.js";
import { formatDecimal, formatPrice } from "../domain/decimal.js";
import { termsFields } from "../domain/report-json.js";
import type { OrderStatus } from "../domain/reports.js";

/** The columns of an order, of the table or alias `orders`. */
export const orderColumns = (orders: string): string => `${orders}.asset, ${orders}.order_id as "orderId",
  ${orders}.client_order_id as "clientOrderId", ${orders}.status, ${orders}.side, ${orders}.type,
  ${orders}.time_in_force as "timeInForce",
  case when ${orders}.type not in ('market', 'stop_market') then ${orders}.price_ticks end as "priceTicks",
  ${orders}.quantity_lots as "quantityLots", ${orders}.filled_lots as "filledLots", ${orders}.leaves_lots as "leavesLots",
  ${orders}.received_at_us as "receivedAtUs", ${termsColumns(orders)}`;

export interface OrderRow extends TermsRow {
  readonly asset: string;
  readonly orderId: number;
  readonly clientOrderId: string | null;
  readonly status: OrderStatus;
  readonly priceTicks: number | null;
  readonly quantityLots: number | null;
  readonly filledLots: number;
  readonly leavesLots: number | null;
}

/** Decimal text, and no fields without a value. */
export function orderJson(row: OrderRow, asset: Asset): Record<string, unknown> {
  const { priceTicks, quantityLots, filledLots, leavesLots, terms, ...order } = withTerms(row);
  const json = {
    ...order,
    ...termsFields(terms, asset),
    price: priceTicks === null ? null : formatPrice(priceTicks, asset.tick),
    quantity: quantityLots === null ? null : formatDecimal(quantityLots, asset.lot),
    filledQuantity: formatDecimal(filledLots, asset.lot),
    leavesQuantity: leavesLots === null ? null : formatDecimal(leavesLots, asset.lot),
  };
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null));
}
