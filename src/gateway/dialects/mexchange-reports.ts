/** An account's reports as the events of mExchange's `/ws`. Pure. */
import type { ReportJson } from "../../shared/domain/report-json.js";
import { sideWord } from "./mexchange-orders.js";
import { orderUuid } from "./order-uuid.js";

/** In the order in which they are told; none: it is nothing that mExchange tells. */
export function eventsOf(report: ReportJson): readonly object[] {
  const { asset, orderId, clientOrderId, event, status, filledQuantity, reason } = report;
  const own = { ...(clientOrderId !== undefined && { client_order_id: clientOrderId }) };
  const order = { order_id: orderId === undefined ? null : orderUuid(asset, orderId), ...own };
  if (event.endsWith("rejected")) return [{ type: "order_rejected", ...order, reason: reason ?? "without a reason" }];
  const told: object[] = [];
  if (event === "accepted") told.push({ type: "order_accepted", ...order, ...termsOf(report) });
  if (event === "trade") told.push({ type: "fill", ...order, ...fillOf(report) });
  if (status === "filled") told.push({ type: "order_filled", ...order });
  if (status === "canceled" || status === "expired")
    told.push({ type: "order_cancelled", ...order, filled_quantity: filledQuantity });
  return told;
}

function termsOf({ asset, side, type, price, quantity }: ReportJson): object {
  return {
    symbol: asset.replace("-", "/"),
    side: sideWord(side === "sell" ? "sell" : "buy"),
    order_type: type?.includes("market") === true ? "market" : "limit",
    price: price ?? null,
    quantity: quantity ?? null,
  };
}

function fillOf({ asset, orderId, side, lastPrice, lastQuantity, matchedAtUs }: ReportJson): object {
  const id = orderId === undefined ? null : orderUuid(asset, orderId);
  return {
    symbol: asset.replace("-", "/"),
    ...(side === "sell" ? { sell_order_id: id } : { buy_order_id: id }),
    price: lastPrice,
    quantity: lastQuantity,
    timestamp: Math.floor(matchedAtUs / 1_000),
  };
}
