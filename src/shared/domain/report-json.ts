/** Reports in the form that subscribers get: decimal text for people, and no fields without a value. */
import type { Asset } from "./assets.js";
import { formatAmount, formatDecimal, formatPrice } from "./decimal.js";
import type { OrderType, SelfTradePrevention } from "./messages.js";
import type { ExecutionReport, OrderStatus, ReportEvent, ReportedTerms, SequencedReport } from "./reports.js";

/** A report as the channel `orders` tells it (docs/protocol.md, Execution reports). */
export interface ReportJson {
  readonly accountSequence: number;
  readonly asset: string;
  readonly orderId?: number;
  readonly clientOrderId?: string;
  readonly event: ReportEvent;
  readonly status: OrderStatus;
  readonly side?: string;
  readonly type?: OrderType;
  readonly timeInForce?: string;
  readonly price?: string;
  readonly quantity?: string;
  readonly filledQuantity: string;
  readonly stopPrice?: string;
  readonly displayQuantity?: string;
  readonly postOnly?: boolean;
  readonly quoteBudget?: string;
  readonly selfTradePrevention?: SelfTradePrevention;
  readonly tradeId?: number;
  readonly lastPrice?: string;
  readonly lastQuantity?: string;
  readonly liquidity?: "maker" | "taker";
  readonly fee?: string;
  readonly feeCurrency?: string;
  readonly reason?: string;
  readonly receivedAtUs: number;
  readonly matchedAtUs: number;
}

export function reportJson(report: SequencedReport, asset: Asset): Record<string, unknown> {
  return { accountSequence: report.accountSequence, ...reportFields(report, asset) };
}

/** The fields of a report without the account's sequence, which only settlement can draw. */
export function reportFields(report: ExecutionReport, asset: Asset): Record<string, unknown> {
  const json: Record<string, unknown> = { asset: asset.asset };
  if (report.orderId !== null) json["orderId"] = report.orderId;
  if (report.clientOrderId !== null) json["clientOrderId"] = report.clientOrderId;
  json["event"] = report.event;
  json["status"] = report.status;
  if (report.side !== null) json["side"] = report.side;
  if (report.type !== null) json["type"] = report.type;
  if (report.timeInForce !== null) json["timeInForce"] = report.timeInForce;
  if (report.priceTicks !== null) json["price"] = formatPrice(report.priceTicks, asset.tick);
  if (report.quantityLots !== null) json["quantity"] = formatDecimal(report.quantityLots, asset.lot);
  json["filledQuantity"] = formatDecimal(report.filledLots, asset.lot);
  if (report.leavesLots !== null) json["leavesQuantity"] = formatDecimal(report.leavesLots, asset.lot);
  if (report.terms !== null) Object.assign(json, termsFields(report.terms, asset));
  if (report.tradeId !== null) json["tradeId"] = report.tradeId;
  if (report.lastPriceTicks !== null) json["lastPrice"] = formatPrice(report.lastPriceTicks, asset.tick);
  if (report.lastQuantityLots !== null) json["lastQuantity"] = formatDecimal(report.lastQuantityLots, asset.lot);
  if (report.liquidity !== null) json["liquidity"] = report.liquidity;
  if (report.feeUnits !== null) {
    json["fee"] = formatAmount(report.feeUnits, asset.quoteUnit);
    json["feeCurrency"] = asset.quote;
  }
  if (report.reason !== null) json["reason"] = report.reason;
  json["receivedAtUs"] = report.receivedAtUs;
  json["matchedAtUs"] = report.matchedAtUs;
  return json;
}

/** The terms that the order has. */
export function termsFields(terms: ReportedTerms, { tick, lot, quoteUnit }: Asset): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  if (terms.stopPriceTicks !== null) json["stopPrice"] = formatPrice(terms.stopPriceTicks, tick);
  if (terms.displayLots !== null) json["displayQuantity"] = formatDecimal(terms.displayLots, lot);
  if (terms.minimumLots !== null) json["minimumQuantity"] = formatDecimal(terms.minimumLots, lot);
  if (terms.postOnly) json["postOnly"] = true;
  if (terms.expiresAtMs !== null) json["expiresAtMs"] = terms.expiresAtMs;
  if (terms.quoteBudgetUnits !== null) json["quoteBudget"] = formatDecimal(terms.quoteBudgetUnits, quoteUnit);
  json["selfTradePrevention"] = terms.selfTradePrevention;
  return json;
}
