import type { Asset } from "../shared/domain/assets.js";
import { formatDecimal, formatPrice } from "../shared/domain/decimal.js";
import type { Trade } from "../shared/domain/messages.js";
import type { ExecutionReport, ReportedTerms } from "../shared/domain/reports.js";

/**
 * An account's execution report as a line of JSON: what `reportFields` says, with the account. Put together from text
 * that needs no escaping, which takes a third of the time of JSON.stringify; a test holds it to the same fields.
 */
export function reportText(report: ExecutionReport, asset: Asset, opening: string): string {
  const { tick, lot } = asset;
  let text = opening;
  if (report.orderId !== null) text += `,"orderId":${report.orderId}`;
  if (report.clientOrderId !== null) text += `,"clientOrderId":"${report.clientOrderId}"`;
  text += `,"event":"${report.event}","status":"${report.status}"`;
  if (report.side !== null) text += `,"side":"${report.side}"`;
  if (report.type !== null) text += `,"type":"${report.type}"`;
  if (report.timeInForce !== null) text += `,"timeInForce":"${report.timeInForce}"`;
  if (report.priceTicks !== null) text += `,"price":"${formatPrice(report.priceTicks, tick)}"`;
  if (report.quantityLots !== null) text += `,"quantity":"${formatDecimal(report.quantityLots, lot)}"`;
  text += `,"filledQuantity":"${formatDecimal(report.filledLots, lot)}"`;
  if (report.leavesLots !== null) text += `,"leavesQuantity":"${formatDecimal(report.leavesLots, lot)}"`;
  if (report.terms !== null) text += termsText(report.terms, asset);
  if (report.tradeId !== null) text += `,"tradeId":${report.tradeId}`;
  if (report.lastPriceTicks !== null) text += `,"lastPrice":"${formatPrice(report.lastPriceTicks, tick)}"`;
  if (report.lastQuantityLots !== null) text += `,"lastQuantity":"${formatDecimal(report.lastQuantityLots, lot)}"`;
  if (report.liquidity !== null) text += `,"liquidity":"${report.liquidity}"`;
  if (report.reason !== null) text += `,"reason":"${report.reason}"`;
  return `${text},"receivedAtUs":${report.receivedAtUs},"matchedAtUs":${report.matchedAtUs}}\n`;
}

function termsText(terms: ReportedTerms, { tick, lot, quoteUnit }: Asset): string {
  let text = "";
  if (terms.stopPriceTicks !== null) text += `,"stopPrice":"${formatPrice(terms.stopPriceTicks, tick)}"`;
  if (terms.displayLots !== null) text += `,"displayQuantity":"${formatDecimal(terms.displayLots, lot)}"`;
  if (terms.minimumLots !== null) text += `,"minimumQuantity":"${formatDecimal(terms.minimumLots, lot)}"`;
  if (terms.postOnly) text += ',"postOnly":true';
  if (terms.expiresAtMs !== null) text += `,"expiresAtMs":${terms.expiresAtMs}`;
  if (terms.quoteBudgetUnits !== null) text += `,"quoteBudget":"${formatDecimal(terms.quoteBudgetUnits, quoteUnit)}"`;
  return `${text},"selfTradePrevention":"${terms.selfTradePrevention}"`;
}

/** The beginning of each report of an account. */
export function reportOpening(account: string, asset: Asset): string {
  return `{"account":${JSON.stringify(account)},"asset":${JSON.stringify(asset.asset)}`;
}

/** A fill as one line, beside the reports of its two orders. */
export function tradeText(trade: Trade, { tick, lot }: Asset): string {
  const price = formatPrice(trade.priceTicks, tick);
  const quantity = formatDecimal(trade.quantityLots, lot);
  const orders = `"makerOrderId":${trade.makerOrderId},"takerOrderId":${trade.takerOrderId}`;
  const what = `"tradeId":${trade.tradeId},"price":"${price}","quantity":"${quantity}"`;
  return `{"event":"trade",${what},${orders},"takerSide":"${trade.takerSide}"}\n`;
}
