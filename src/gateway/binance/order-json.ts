/** Orders and fills as Binance's clients read them. Pure. */
import type { Asset } from "../../shared/domain/assets.js";
import { formatAmount, formatDecimal, formatPrice } from "../../shared/domain/decimal.js";
import type { OrderType, Side, TimeInForce } from "../../shared/domain/messages.js";
import { isMarket } from "../../shared/domain/order-record.js";
import type { Liquidity, OrderStatus, ReportedTerms } from "../../shared/domain/reports.js";
import type { OrderAsked } from "./order-parameters.js";
import { statusOf, stpModeOf, typeOf } from "./order-words.js";
import { symbolOf } from "./symbols.js";

/** An order as it is now. */
export interface OrderView {
  readonly orderId: number;
  readonly clientOrderId: string | null;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  /** Null for market orders. */
  readonly priceTicks: number | null;
  /** Null for a market buy by quote budget. */
  readonly quantityLots: number | null;
  readonly filledLots: number;
  /** Sum of price times quantity of its fills, in ticks × lots. */
  readonly filledTickLots: bigint;
  readonly status: OrderStatus;
  /** Why it ended, or was refused; null: it was not. */
  readonly reason: string | null;
  readonly terms: ReportedTerms;
  readonly receivedAtUs: number;
  readonly updatedAtUs: number;
}

/** One account's part in a trade. */
export interface FillView {
  readonly tradeId: number;
  readonly orderId: number;
  readonly side: Side;
  readonly priceTicks: number;
  readonly quantityLots: number;
  readonly feeUnits: number;
  readonly liquidity: Liquidity;
  readonly executedAtUs: number;
}

const NO_LIST = -1;

export const toMs = (us: number): number => Math.floor(us / 1_000);

/** Price times quantity, in the quote currency. */
export function quoteText(tickLots: bigint, { quoteUnitsPerTickLot, quoteUnit }: Asset): string {
  return formatDecimal(tickLots * BigInt(quoteUnitsPerTickLot), quoteUnit);
}

/** The answer to who asks for an order. */
export function orderJson(order: OrderView, asset: Asset): object {
  return {
    ...names(order, asset),
    ...figures(order, asset),
    time: toMs(order.receivedAtUs),
    updateTime: toMs(order.updatedAtUs),
    isWorking: order.status !== "pending_trigger",
    workingTime: toMs(order.receivedAtUs),
  };
}

/** The answer to a new order. */
export function placedJson(
  order: OrderView,
  fills: readonly FillView[],
  asset: Asset,
  responseType: OrderAsked["responseType"],
): object {
  const placed = { ...names(order, asset), transactTime: toMs(order.updatedAtUs) };
  if (responseType === "ACK") return placed;
  const result = { ...placed, ...figures(order, asset), workingTime: toMs(order.receivedAtUs) };
  return responseType === "RESULT" ? result : { ...result, fills: fills.map((fill) => fillJson(fill, asset)) };
}

/** Of an order that is logged, and what becomes of it is not known yet. */
export function acknowledgedJson(orderId: number, clientOrderId: string | null, asset: Asset, atUs: number): object {
  return { ...names({ orderId, clientOrderId }, asset), transactTime: toMs(atUs) };
}

/** The answer to a cancel. */
export function canceledJson(order: OrderView, asset: Asset, cancelId: string): object {
  return {
    ...names({ orderId: order.orderId, clientOrderId: cancelId }, asset),
    origClientOrderId: order.clientOrderId ?? "",
    transactTime: toMs(order.updatedAtUs),
    ...figures(order, asset),
  };
}

/** A trade among one's own. */
export function ownTradeJson(fill: FillView, asset: Asset): object {
  return {
    symbol: symbolOf(asset),
    id: fill.tradeId,
    orderId: fill.orderId,
    orderListId: NO_LIST,
    price: formatPrice(fill.priceTicks, asset.tick),
    qty: formatDecimal(fill.quantityLots, asset.lot),
    quoteQty: quoteText(BigInt(fill.priceTicks) * BigInt(fill.quantityLots), asset),
    commission: formatAmount(fill.feeUnits, asset.quoteUnit),
    commissionAsset: asset.quote,
    time: toMs(fill.executedAtUs),
    isBuyer: fill.side === "buy",
    isMaker: fill.liquidity === "maker",
    isBestMatch: true,
  };
}

function fillJson({ tradeId, priceTicks, quantityLots, feeUnits }: FillView, asset: Asset): object {
  return {
    price: formatPrice(priceTicks, asset.tick),
    qty: formatDecimal(quantityLots, asset.lot),
    commission: formatAmount(feeUnits, asset.quoteUnit),
    commissionAsset: asset.quote,
    tradeId,
  };
}

function names({ orderId, clientOrderId }: Pick<OrderView, "orderId" | "clientOrderId">, asset: Asset): object {
  return { symbol: symbolOf(asset), orderId, orderListId: NO_LIST, clientOrderId: clientOrderId ?? "" };
}

function figures(order: OrderView, asset: Asset): object {
  const { terms, priceTicks, quantityLots, filledLots } = order;
  const price = (ticks: number | null) => formatPrice(ticks ?? 0, asset.tick);
  // A market buy by quote amount has bought what it was for.
  const total = quantityLots ?? filledLots;
  return {
    price: price(isMarket(order) ? null : priceTicks),
    origQty: formatDecimal(total, asset.lot),
    executedQty: formatDecimal(filledLots, asset.lot),
    origQuoteOrderQty: formatDecimal(terms.quoteBudgetUnits ?? 0, asset.quoteUnit),
    cummulativeQuoteQty: quoteText(order.filledTickLots, asset),
    status: statusOf(order.status, order.reason),
    timeInForce: isMarket(order) ? "GTC" : order.timeInForce,
    type: typeOf(order.type, terms),
    side: order.side.toUpperCase(),
    stopPrice: price(terms.stopPriceTicks),
    icebergQty: formatDecimal(terms.displayLots ?? 0, asset.lot),
    selfTradePreventionMode: stpModeOf(terms.selfTradePrevention),
  };
}
