/** Requests between the services, to and from the fields of their protobuf messages (protocol/pipeline.proto). */
import { assertNever, CodecError } from "../domain/errors.js";
import {
  type NewOrder,
  NONE,
  type OrderRequest,
  packFeeRates,
  type RequestBody,
  unpackFeeRates,
} from "../domain/messages.js";
import {
  known,
  optionalSide,
  WIRE_ORDER_TYPES,
  WIRE_SELF_TRADE_PREVENTIONS,
  WIRE_SIDES,
  WIRE_TIMES_IN_FORCE,
} from "./enumerations.js";
import type { Wire } from "./protobuf.js";

export function requestToWire({ accountId, receivedAtUs, body }: OrderRequest): object {
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

export function requestFromWire({ accountId, receivedAtUs, ...body }: Wire): OrderRequest {
  return { accountId, receivedAtUs, body: requestBodyFromWire(body) };
}

export function requestBodyFromWire(wire: Wire): RequestBody {
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

/** Every field has its place, which the compiler checks. */
function newOrderToWire(order: NewOrder): Record<Exclude<keyof NewOrder, "kind">, unknown> {
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
