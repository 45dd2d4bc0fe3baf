/** Trades, reports and states of notifications, to and from the fields of their protobuf messages (protocol/pipeline.proto). */
import {
  type AssetStatus,
  ORDER_STATUSES,
  type PublicTrade,
  REPORT_EVENTS,
  type ReportedTerms,
  type SequencedReport,
} from "../domain/reports.js";
import {
  known,
  optionalSide,
  WIRE_ASSET_STATES,
  WIRE_LIQUIDITIES,
  WIRE_ORDER_TYPES,
  WIRE_SELF_TRADE_PREVENTIONS,
  WIRE_SIDES,
  WIRE_TIMES_IN_FORCE,
} from "./enumerations.js";
import type { Wire } from "./protobuf.js";

export function publicTradeFromWire(wire: Wire): PublicTrade {
  const { tradeId, priceTicks, quantityLots, executedAtUs } = wire;
  return { tradeId, priceTicks, quantityLots, takerSide: known(WIRE_SIDES, wire.takerSide, "side"), executedAtUs };
}

export function statusToWire(status: AssetStatus): object {
  return { ...status, state: WIRE_ASSET_STATES.indexOf(status.state) };
}

export function statusFromWire({ state, sinceUs, eventSequence, madeBy, why }: Wire): AssetStatus {
  return {
    state: known(WIRE_ASSET_STATES, state, "asset state"),
    sinceUs,
    eventSequence,
    madeBy: madeBy ?? null,
    why: why ?? null,
  };
}

/** A report's fields are named one by one: a spread of so many would cost more than all the rest. */
export function reportToWire(report: SequencedReport): object {
  return {
    accountId: report.accountId,
    accountSequence: report.accountSequence,
    event: REPORT_EVENTS.indexOf(report.event),
    status: ORDER_STATUSES.indexOf(report.status),
    orderId: report.orderId,
    clientOrderId: report.clientOrderId,
    side: report.side === null ? null : WIRE_SIDES.indexOf(report.side),
    type: report.type === null ? null : WIRE_ORDER_TYPES.indexOf(report.type),
    timeInForce: report.timeInForce === null ? null : WIRE_TIMES_IN_FORCE.indexOf(report.timeInForce),
    priceTicks: report.priceTicks,
    quantityLots: report.quantityLots,
    filledLots: report.filledLots,
    leavesLots: report.leavesLots,
    tradeId: report.tradeId,
    lastPriceTicks: report.lastPriceTicks,
    lastQuantityLots: report.lastQuantityLots,
    liquidity: WIRE_LIQUIDITIES.indexOf(report.liquidity),
    feeUnits: report.feeUnits !== null && report.feeUnits >= 0 ? report.feeUnits : null,
    rebateUnits: report.feeUnits !== null && report.feeUnits < 0 ? -report.feeUnits : null,
    reason: report.reason,
    receivedAtUs: report.receivedAtUs,
    matchedAtUs: report.matchedAtUs,
    terms: report.terms === null ? null : termsToWire(report.terms),
  };
}

function termsToWire(terms: ReportedTerms): object {
  return {
    stopPriceTicks: terms.stopPriceTicks,
    displayLots: terms.displayLots,
    minimumLots: terms.minimumLots,
    postOnly: terms.postOnly,
    expiresAtMs: terms.expiresAtMs,
    quoteBudget: terms.quoteBudgetUnits,
    selfTradePrevention: WIRE_SELF_TRADE_PREVENTIONS.indexOf(terms.selfTradePrevention),
  };
}

function termsFromWire(wire: Wire): ReportedTerms {
  return {
    stopPriceTicks: wire.stopPriceTicks ?? null,
    displayLots: wire.displayLots ?? null,
    minimumLots: wire.minimumLots ?? null,
    postOnly: wire.postOnly,
    expiresAtMs: wire.expiresAtMs ?? null,
    quoteBudgetUnits: wire.quoteBudget ?? null,
    selfTradePrevention: known(WIRE_SELF_TRADE_PREVENTIONS, wire.selfTradePrevention, "self-trade prevention"),
  };
}

export function reportFromWire(wire: Wire): SequencedReport {
  return {
    accountId: wire.accountId,
    accountSequence: wire.accountSequence,
    event: known(REPORT_EVENTS, wire.event, "report event"),
    status: known(ORDER_STATUSES, wire.status, "order status"),
    orderId: wire.orderId ?? null,
    clientOrderId: wire.clientOrderId ?? null,
    terms: wire.terms ? termsFromWire(wire.terms) : null,
    side: optionalSide(wire.side),
    type: wire.type ? known(WIRE_ORDER_TYPES, wire.type, "order type") : null,
    timeInForce: wire.timeInForce ? known(WIRE_TIMES_IN_FORCE, wire.timeInForce, "time in force") : null,
    quantityLots: wire.quantityLots ?? null,
    priceTicks: wire.priceTicks ?? null,
    filledLots: wire.filledLots,
    leavesLots: wire.leavesLots ?? null,
    tradeId: wire.tradeId ?? null,
    lastPriceTicks: wire.lastPriceTicks ?? null,
    lastQuantityLots: wire.lastQuantityLots ?? null,
    liquidity: wire.liquidity ? known(WIRE_LIQUIDITIES, wire.liquidity, "liquidity") : null,
    feeUnits: wire.feeUnits ?? (wire.rebateUnits === null ? null : -wire.rebateUnits),
    reason: wire.reason ?? null,
    receivedAtUs: wire.receivedAtUs,
    matchedAtUs: wire.matchedAtUs,
  };
}
