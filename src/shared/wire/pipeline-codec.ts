/**
 * The batches between the services, as bytes. Every enumeration is a list whose index is the wire value; an unknown
 * wire value is refused, never defaulted. See protocol/pipeline.proto for what the fields mean.
 */
import { assertNever, CodecError } from "../domain/errors.js";
import {
  type Command,
  type CommandBody,
  type ExecutionBatch,
  type NewOrder,
  NONE,
  type OrderRequest,
  packFeeRates,
  REASONS,
  type RequestBody,
  type RulesInForce,
  type Side,
  unpackFeeRates,
} from "../domain/messages.js";
import {
  type NotificationBatch,
  ORDER_STATUSES,
  type PublicTrade,
  REPORT_EVENTS,
  type ReportedTerms,
  type SequencedReport,
} from "../domain/reports.js";
import {
  WIRE_ASSET_STATES,
  WIRE_LIQUIDITIES,
  WIRE_ORDER_TYPES,
  WIRE_SELF_TRADE_PREVENTIONS,
  WIRE_SIDES,
  WIRE_TIMES_IN_FORCE,
} from "./enumerations.js";
import { type PublishedRows, readRows } from "./event-rows.js";
import { decodeMessage, encodeMessage } from "./protobuf.js";

export const encodeOrderBatch = (requests: readonly OrderRequest[]): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.OrderBatch", { requests: requests.map(requestToWire) });

export const decodeOrderBatch = (bytes: Uint8Array): OrderRequest[] =>
  decodeMessage<Wire>("bourse.pipeline.v1.OrderBatch", bytes)["requests"].map(requestFromWire);

export const encodeCommandBatch = (commands: readonly Command[]): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.CommandBatch", { commands: commands.map(commandToWire) });

export const decodeCommandBatch = (bytes: Uint8Array): Command[] =>
  decodeMessage<Wire>("bourse.pipeline.v1.CommandBatch", bytes)["commands"].map(commandFromWire);

/** Copies the rows, which may be the engine's own buffer. */
export const encodeExecutionBatch = (batch: PublishedRows): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.ExecutionBatch", batch);

/** The same, with its rows as they were written; they are not looked at. */
export const decodeExecutionRows = (bytes: Uint8Array): PublishedRows =>
  decodeMessage<PublishedRows>("bourse.pipeline.v1.ExecutionBatch", bytes);

export const decodeExecutionBatch = (bytes: Uint8Array): ExecutionBatch => {
  const batch = decodeExecutionRows(bytes);
  return { events: readRows(batch), throughEvent: batch.throughEvent, throughCommand: batch.throughCommand };
};

export const encodeNotificationBatch = (batch: NotificationBatch): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.NotificationBatch", {
    trades: batch.trades.map((trade) => ({ ...trade, takerSide: WIRE_SIDES.indexOf(trade.takerSide) })),
    reports: batch.reports.map(reportToWire),
    resync: batch.resync,
  });

export const decodeNotificationBatch = (bytes: Uint8Array): NotificationBatch => {
  const { trades, reports, resync } = decodeMessage<Wire>("bourse.pipeline.v1.NotificationBatch", bytes);
  return { trades: trades.map(publicTradeFromWire), reports: reports.map(reportFromWire), resync };
};

/**
 * A decoded message. What its fields hold is known from the .proto and checked by the guard of protobuf.ts (integers
 * are safe, required fields read as their zero), which the types of the generated code can't express for the brands.
 */
// biome-ignore lint/suspicious/noExplicitAny: see above; this file is where wire becomes type
type Wire = any;

function known<T>(values: readonly (T | null)[], wire: number, what: string): T {
  const value = values[wire];
  if (value === undefined || value === null) throw new CodecError(`${what} ${wire} is not known here`);
  return value;
}

// ---- requests ----

function requestToWire({ accountId, receivedAtUs, body }: OrderRequest): object {
  switch (body.kind) {
    case "new":
      return { accountId, receivedAtUs, new: newOrderToWire(body) };
    case "cancel":
      return { accountId, receivedAtUs, cancel: { orderId: body.orderId, clientOrderId: body.clientOrderId } };
    case "replace": {
      const { kind: _, ...replace } = body;
      return { accountId, receivedAtUs, replace };
    }
    case "cancel_all":
      return {
        accountId,
        receivedAtUs,
        cancelAll: { side: body.side === null ? null : WIRE_SIDES.indexOf(body.side) },
      };
    default:
      return assertNever(body);
  }
}

function requestFromWire({ accountId, receivedAtUs, ...body }: Wire): OrderRequest {
  return { accountId, receivedAtUs, body: requestBodyFromWire(body) };
}

function requestBodyFromWire(wire: Wire): RequestBody {
  if (wire.new) return newOrderFromWire(wire.new);
  if (wire.cancel) {
    const { orderId, clientOrderId } = wire.cancel;
    return { kind: "cancel", orderId: orderId ?? null, clientOrderId: clientOrderId ?? null };
  }
  if (wire.replace) {
    const { orderId, quantityLots, priceTicks, clientOrderId, cover } = wire.replace;
    const changes = { quantityLots, priceTicks, clientOrderId: clientOrderId ?? null };
    return { kind: "replace", orderId, ...changes, cover: cover ?? null };
  }
  if (wire.cancelAll) return { kind: "cancel_all", side: optionalSide(wire.cancelAll.side) };
  throw new CodecError("a request has no body that is known here");
}

function optionalSide(wire: number | null | undefined): Side | null {
  return wire === null || wire === undefined ? null : known(WIRE_SIDES, wire, "side");
}

function newOrderToWire(order: NewOrder): object {
  return {
    clientOrderId: order.clientOrderId,
    side: WIRE_SIDES.indexOf(order.side),
    type: WIRE_ORDER_TYPES.indexOf(order.type),
    timeInForce: WIRE_TIMES_IN_FORCE.indexOf(order.timeInForce),
    quantityLots: order.quantityLots,
    priceTicks: order.priceTicks,
    stopPriceTicks: order.stopPriceTicks,
    displayLots: order.displayLots,
    minimumLots: order.minimumLots,
    quoteBudgetUnits: order.quoteBudgetUnits,
    expiresAtMs: order.expiresAtMs,
    postOnly: order.postOnly,
    selfTradePrevention: WIRE_SELF_TRADE_PREVENTIONS.indexOf(order.selfTradePrevention),
    feeRates: order.feeRates === null ? null : packFeeRates(order.feeRates),
  };
}

function newOrderFromWire(wire: Wire): NewOrder {
  return {
    kind: "new",
    clientOrderId: wire.clientOrderId ?? null,
    side: known(WIRE_SIDES, wire.side, "side"),
    type: known(WIRE_ORDER_TYPES, wire.type, "order type"),
    timeInForce: known(WIRE_TIMES_IN_FORCE, wire.timeInForce, "time in force"),
    quantityLots: wire.quantityLots ?? null,
    priceTicks: wire.priceTicks ?? null,
    stopPriceTicks: wire.stopPriceTicks ?? null,
    displayLots: wire.displayLots ?? null,
    minimumLots: wire.minimumLots ?? null,
    quoteBudgetUnits: wire.quoteBudgetUnits ?? null,
    expiresAtMs: wire.expiresAtMs ?? null,
    postOnly: wire.postOnly,
    selfTradePrevention: known(WIRE_SELF_TRADE_PREVENTIONS, wire.selfTradePrevention, "self-trade prevention"),
    feeRates: unpackFeeRates(wire.feeRates ?? NONE),
  };
}

// ---- commands ----

function commandToWire({ commandSequence, logId, accountId, receivedAtUs, atUs, body }: Command): object {
  return { commandSequence, logId, atUs, ...commandBodyToWire(body, { accountId, receivedAtUs }) };
}

function commandBodyToWire(body: CommandBody, from: { accountId: number; receivedAtUs: number }): object {
  switch (body.kind) {
    case "refuse": {
      const request = requestToWire({ ...from, body: body.request } as OrderRequest);
      const { firstOrderId, shortfall } = body;
      return { refuse: { reason: REASONS.indexOf(body.reason), firstOrderId, request, ...shortfall } };
    }
    case "set_asset_state":
      return { setAssetState: { state: WIRE_ASSET_STATES.indexOf(body.state) } };
    case "set_rules":
      return { setRules: body.rules };
    case "advance_clock":
      return { advanceClock: {} };
    default:
      return { request: requestToWire({ ...from, body } as OrderRequest) };
  }
}

function commandFromWire(wire: Wire): Command {
  const { commandSequence, logId, atUs } = wire;
  const request = wire.request ?? wire.refuse?.request ?? { accountId: 0, receivedAtUs: 0 };
  const { accountId, receivedAtUs } = request;
  return { commandSequence, logId, accountId, receivedAtUs, atUs, body: commandBodyFromWire(wire) };
}

function commandBodyFromWire(wire: Wire): CommandBody {
  if (wire.request) return requestBodyFromWire(wire.request);
  if (wire.refuse) {
    const { reason, firstOrderId, request, neededUnits, availableUnits } = wire.refuse;
    return {
      kind: "refuse",
      request: requestBodyFromWire(request),
      reason: known(REASONS, reason, "reason"),
      firstOrderId: firstOrderId ?? null,
      shortfall: neededUnits === null ? null : { neededUnits, availableUnits },
    };
  }
  if (wire.setAssetState)
    return { kind: "set_asset_state", state: known(WIRE_ASSET_STATES, wire.setAssetState.state, "asset state") };
  if (wire.setRules) return { kind: "set_rules", rules: rulesFromWire(wire.setRules) };
  if (wire.advanceClock) return { kind: "advance_clock" };
  throw new CodecError("a command has no body that is known here");
}

function rulesFromWire(wire: Wire): RulesInForce {
  const { version, allowSelfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax } = wire;
  return { version, allowSelfTrade, openOrdersMax, displaySlicesMax, eventsPerCommandMax };
}

// ---- notifications ----

function publicTradeFromWire(wire: Wire): PublicTrade {
  const { tradeId, priceTicks, quantityLots, executedAtUs } = wire;
  return { tradeId, priceTicks, quantityLots, takerSide: known(WIRE_SIDES, wire.takerSide, "side"), executedAtUs };
}

/** Field by field: a spread of so many costs more than all the rest of a report. */
function reportToWire(report: SequencedReport): object {
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

function reportFromWire(wire: Wire): SequencedReport {
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
