/** Own orders and balances, side by side. Pure. */
import type { Asset } from "../shared/subscriber/asset.js";
import type { BalanceJson } from "../shared/subscriber/balances.js";
import { withThousands } from "../shared/subscriber/formats.js";
import type { ReportJson } from "../shared/subscriber/own-orders.js";
import { priceOf } from "./event-lines.js";
import { beside, type Line, line } from "./styled-line.js";
import type { AccountView, Size } from "./view.js";

const BALANCES_WIDTH = 39;

export function accountBlock(
  { openOrders, balances, note }: AccountView,
  asset: Asset,
  { columns, rows }: Size,
): Line[] {
  const title = `your open orders: ${openOrders.size}${note === null ? "" : ` (${note})`}`;
  const newest = [...openOrders.values()].slice(-Math.max(0, rows - 1)).reverse();
  const orders = [line(title, "dim"), ...newest.map((order) => line(orderRow(order)))];
  return beside(orders, columns - BALANCES_WIDTH, balancesBlock(balances, asset, rows));
}

/** What one types to cancel it comes first. */
function orderRow(order: ReportJson): string {
  const { asset, orderId, side = "", quantity = "-", filledQuantity = "0", status = "" } = order;
  const filled = filledQuantity === "0" ? "" : `, ${filledQuantity} filled`;
  const state = status === "pending_trigger" ? ", waits for its stop" : "";
  return `${asset} ${orderId} ${side} ${quantity} at ${priceOf(order)}${filled}${state}`;
}

/** The asset's own currencies first. */
function balancesBlock(balances: readonly BalanceJson[], { base, quote }: Asset, rows: number): Line[] {
  const place = ({ currency }: BalanceJson) => (currency === base ? 0 : currency === quote ? 1 : 2);
  const sorted = [...balances].sort((one, other) => place(one) - place(other)).slice(0, Math.max(0, rows - 1));
  const row = (currency: string, available: string, held: string) =>
    `  ${currency.padEnd(5)} ${available.padStart(18)} ${held.padStart(12)}`;
  return [
    line(row("", "available", "held"), "dim"),
    ...sorted.map(({ currency, available, held }) =>
      line(row(currency, withThousands(available), withThousands(held))),
    ),
  ];
}
