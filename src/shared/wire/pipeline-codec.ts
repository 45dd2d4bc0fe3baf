/** The batches between the services, to and from bytes. protocol/pipeline.proto says what the fields mean. */
import { CodecError } from "../domain/errors.js";
import {
  type Command,
  type CommandBody,
  type ExecutionBatch,
  type OrderRequest,
  REASONS,
  type RulesInForce,
} from "../domain/messages.js";
import type { NotificationBatch } from "../domain/reports.js";
import { known, WIRE_ASSET_STATES, WIRE_SIDES } from "./enumerations.js";
import { type PublishedRows, readRows } from "./event-rows.js";
import { decodeMessage, encodeMessage, type Wire } from "./protobuf.js";
import { publicTradeFromWire, reportFromWire, reportToWire, statusFromWire, statusToWire } from "./report-codec.js";
import { requestBodyFromWire, requestFromWire, requestToWire } from "./request-codec.js";

export const encodeOrderBatch = (requests: readonly OrderRequest[]): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.OrderBatch", { requests: requests.map(requestToWire) });

export const decodeOrderBatch = (bytes: Uint8Array): OrderRequest[] =>
  decodeMessage<Wire>("bourse.pipeline.v1.OrderBatch", bytes)["requests"].map(requestFromWire);

export const encodeCommandBatch = (commands: readonly Command[]): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.CommandBatch", { commands: commands.map(commandToWire) });

export const decodeCommandBatch = (bytes: Uint8Array): Command[] =>
  decodeMessage<Wire>("bourse.pipeline.v1.CommandBatch", bytes)["commands"].map(commandFromWire);

/** The rows, which may be the engine's own buffer, are copied. */
export const encodeExecutionBatch = (batch: PublishedRows): Uint8Array =>
  encodeMessage("bourse.pipeline.v1.ExecutionBatch", batch);

/** Decodes a batch, but not its rows. */
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
    status: batch.status === null ? null : statusToWire(batch.status),
    throughLogId: batch.throughLogId,
  });

export const decodeNotificationBatch = (bytes: Uint8Array): NotificationBatch => {
  const wire = decodeMessage<Wire>("bourse.pipeline.v1.NotificationBatch", bytes);
  const { trades, reports, resync, status, throughLogId } = wire;
  return {
    trades: trades.map(publicTradeFromWire),
    reports: reports.map(reportFromWire),
    status: status ? statusFromWire(status) : null,
    resync,
    throughLogId,
  };
};

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
