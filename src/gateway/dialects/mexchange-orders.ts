/** mExchange's orders as ours: symbols such as KCN/EUR, sides bid and ask, and market buys by amount with a price that they may slip to. */
import { Type } from "@sinclair/typebox";
import type { Asset } from "../../shared/domain/assets.js";
import { formatDecimal } from "../../shared/domain/decimal.js";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { ValueReader } from "../../shared/requests/value-reader.js";
import type { GatewayContext } from "../context.js";
import { AMOUNT, type NewOrderBody, words } from "../orders/order-body.js";
import type { OwnOrder } from "./own-orders-store.js";
import { assetOfMarket } from "./symbols.js";

const AMOUNT_OR_NULL = Type.Optional(Type.Union([AMOUNT, Type.Null()]));

export const TERMS = {
  side: words("bid", "ask"),
  order_type: words("limit", "market"),
  price: AMOUNT_OR_NULL,
  quantity: AMOUNT_OR_NULL,
  quote_amount: AMOUNT_OR_NULL,
  max_slippage_price: AMOUNT_OR_NULL,
};
export const ORDER = Type.Object({ symbol: Type.String(), ...TERMS }, { additionalProperties: false });
export type OrderBody = (typeof ORDER)["static"];

/** The order as ours. Throws a Problem. */
export function bodyOf(
  context: GatewayContext,
  asked: OrderBody,
): { readonly asset: Asset; readonly body: NewOrderBody } {
  const asset = assetOfMarket(context, asked.symbol);
  const { order_type, price, quantity, quote_amount, max_slippage_price } = asked;
  const side = asked.side === "bid" ? "buy" : "sell";
  const amount = (quantity === "0" || quantity === 0 ? null : quantity) ?? undefined;
  const order = { asset: asset.asset, side, ...(amount !== undefined && { quantity: amount }) } as const;
  if (order_type === "limit") return { asset, body: { ...order, type: "limit", ...(price !== null && { price }) } };
  if (amount === undefined && (quote_amount === null || quote_amount === undefined))
    throw new Problem(refuse("INVALID_QUANTITY", "Either quantity or quote_amount must be provided"));
  if (max_slippage_price === null || max_slippage_price === undefined || side === "sell") {
    const budget = amount === undefined && quote_amount != null ? { quoteBudget: quote_amount } : {};
    return { asset, body: { ...order, type: "market", ...budget } };
  }
  const bought = amount ?? affordable(context, asset, String(quote_amount), String(max_slippage_price));
  return { asset, body: { ...order, type: "limit", timeInForce: "IOC", quantity: bought, price: max_slippage_price } };
}

/** As many whole lots as the amount buys at that price. Throws a Problem. */
function affordable({ rules }: GatewayContext, asset: Asset, amount: string, price: string): string {
  const values = new ValueReader(asset, rules);
  const [units, ticks] = [values.quoteAmount(amount), values.price("max_slippage_price", price)];
  if (units === null || ticks === null) throw new Problem(values.refusal ?? refuse("INVALID_PRICE", "no price"));
  const lots = BigInt(units) / (BigInt(ticks) * BigInt(asset.quoteUnitsPerTickLot));
  return formatDecimal(lots, asset.lot);
}

export function sideWord(side: OwnOrder["side"]): string {
  return side === "buy" ? "bid" : "ask";
}
