/**
 * The binary dialect (protocol/order-entry.proto) as typed messages. Numbers and enumerations that the wire can carry and an
 * order can't have are refusals, like all that the rules refuse; only what can't be decoded is a CodecError.
 */
import type { Asset } from "../domain/assets.js";
import { assertNever } from "../domain/errors.js";
import type { RequestBody } from "../domain/messages.js";
import { isRefusal, REJECTS, type Refusal, type RejectName, refuse } from "../domain/rejects.js";
import type { EpochUs, LogId } from "../domain/units.js";
import {
  WIRE_ORDER_TYPES,
  WIRE_SELF_TRADE_PREVENTIONS,
  WIRE_SIDES,
  WIRE_TIMES_IN_FORCE,
} from "../wire/enumerations.js";
import { decodeMessage, encodeMessage } from "../wire/protobuf.js";
import { composeCancel, composeNewOrder, composeReplace, findAsset, type RequestRules } from "./order-rules.js";

/** A client's request, in either dialect. */
export type ClientRequest =
  | { readonly kind: "login"; readonly keyId: string; readonly secret: string; readonly cancelOnDisconnect: boolean }
  | { readonly kind: "order"; readonly asset: string; readonly body: RequestBody }
  /** Sets the dead man's switch; 0 turns it off. */
  | { readonly kind: "timer"; readonly seconds: number }
  | { readonly kind: "heartbeat" };

export interface ClientMessage {
  readonly requestId: number;
  /** The client order id that a refusal names; null: the request has none. */
  readonly clientOrderId: string | null;
  readonly request: ClientRequest | Refusal;
}

export type ServerResponse =
  | { readonly kind: "login_accepted"; readonly account: string; readonly assets: Iterable<Asset> }
  | { readonly kind: "ack"; readonly logId: LogId; readonly receivedAtUs: EpochUs; readonly loggedAtUs: EpochUs }
  /** The answer to a timer: an Ack with log id 0, because nothing is logged for it. */
  | { readonly kind: "timer_set"; readonly seconds: number; readonly receivedAtUs: EpochUs }
  | { readonly kind: "refused"; readonly name: RejectName; readonly text: string }
  | { readonly kind: "heartbeat" };

const CLIENT_ORDER_ID_LENGTH_MAX = 36;
export const TIMER_SECONDS_MAX = 86_400;

export function decodeClientMessage(bytes: Uint8Array, rules: RequestRules): ClientMessage {
  const wire = decodeMessage<WireClientMessage>("bourse.v1.ClientMessage", bytes, "any integers");
  const { clientOrderId } = wire.newOrder ?? wire.replaceOrder ?? wire.cancelOrder ?? {};
  return {
    requestId: wire.requestId,
    clientOrderId: clientOrderId && clientOrderId.length <= CLIENT_ORDER_ID_LENGTH_MAX ? clientOrderId : null,
    request: readClientRequest(wire, rules),
  };
}

export function encodeServerMessage(
  requestId: number,
  clientOrderId: string | null,
  response: ServerResponse,
): Uint8Array {
  return encodeMessage("bourse.v1.ServerMessage", { requestId, ...bodyOf(response, clientOrderId) });
}

export function refuseTimer(shownSeconds: string): Refusal {
  return refuse("UNSUPPORTED_COMBINATION", `timer ${shownSeconds} is not 0 (off) to ${TIMER_SECONDS_MAX} seconds`);
}

interface WireNewOrder {
  readonly clientOrderId: string;
  readonly asset: string;
  readonly side: number;
  readonly type: number;
  readonly timeInForce: number;
  readonly quantityLots: number;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  readonly displayQuantityLots: number;
  readonly postOnly: boolean;
  readonly expiresAtMs: number;
  readonly selfTradePrevention: number;
  readonly minimumQuantityLots: number;
  readonly quoteBudget: number;
}

interface WireReplaceOrder {
  readonly asset: string;
  readonly orderId: number;
  readonly quantityLots: number;
  readonly priceTicks: number;
  readonly clientOrderId: string;
}

/** Absent scalars read as their zero; of a oneof, only the member that was sent is there. */
interface WireClientMessage {
  readonly requestId: number;
  readonly login?: { readonly keyId: string; readonly secret: string; readonly cancelOnDisconnect: boolean };
  readonly newOrder?: WireNewOrder;
  readonly cancelOrder?: { readonly asset: string; readonly orderId?: number; readonly clientOrderId?: string };
  readonly replaceOrder?: WireReplaceOrder;
  readonly cancelAll?: { readonly asset: string; readonly side: number };
  readonly heartbeat?: object;
  readonly cancelTimer?: { readonly seconds: number };
}

/** What a message asks for, decoded: the only body that it has. */
export function readClientRequest(
  wire: Omit<WireClientMessage, "requestId">,
  rules: RequestRules,
): ClientRequest | Refusal {
  if (wire.newOrder) return orderOf(wire.newOrder, rules, readNewOrder);
  if (wire.cancelOrder) return orderOf(wire.cancelOrder, rules, readCancel);
  if (wire.replaceOrder) return orderOf(wire.replaceOrder, rules, readReplace);
  if (wire.cancelAll) return orderOf(wire.cancelAll, rules, readCancelAll);
  if (wire.heartbeat) return { kind: "heartbeat" };
  if (wire.login) {
    const { keyId, secret, cancelOnDisconnect } = wire.login;
    return { kind: "login", keyId, secret, cancelOnDisconnect };
  }
  if (wire.cancelTimer) {
    const { seconds } = wire.cancelTimer;
    return seconds > TIMER_SECONDS_MAX ? refuseTimer(String(seconds)) : { kind: "timer", seconds };
  }
  return refuse("UNKNOWN_COMMAND", "the message has no body that is known here; see protocol/order-entry.proto");
}

function orderOf<Wire extends { readonly asset: string }>(
  wire: Wire,
  rules: RequestRules,
  read: (wire: Wire, asset: Asset, rules: RequestRules) => RequestBody | Refusal,
): ClientRequest | Refusal {
  const asset = findAsset(rules.registry, wire.asset);
  if (isRefusal(asset)) return asset;
  const body = read(wire, asset, rules);
  return isRefusal(body) ? body : { kind: "order", asset: asset.asset, body };
}

function readNewOrder(wire: WireNewOrder, asset: Asset, rules: RequestRules): RequestBody | Refusal {
  const side = WIRE_SIDES[wire.side] ?? null;
  const type = WIRE_ORDER_TYPES[wire.type] ?? null;
  const timeInForce = WIRE_TIMES_IN_FORCE[wire.timeInForce];
  const selfTradePrevention = WIRE_SELF_TRADE_PREVENTIONS[wire.selfTradePrevention];
  if (side === null) return refuse("INVALID_SIDE", `side ${wire.side} is not 1 (BUY) or 2 (SELL)`);
  if (type === null) return unknownValue("order type", wire.type, WIRE_ORDER_TYPES.length);
  if (timeInForce === undefined) return unknownValue("time in force", wire.timeInForce, WIRE_TIMES_IN_FORCE.length);
  if (selfTradePrevention === undefined)
    return unknownValue("self-trade prevention", wire.selfTradePrevention, WIRE_SELF_TRADE_PREVENTIONS.length);
  const terms = {
    clientOrderId: wire.clientOrderId === "" ? null : wire.clientOrderId,
    side,
    type,
    timeInForce,
    quantityLots: given(wire.quantityLots),
    priceTicks: given(wire.priceTicks),
    stopPriceTicks: given(wire.stopPriceTicks),
    displayLots: given(wire.displayQuantityLots),
    minimumLots: given(wire.minimumQuantityLots),
    quoteBudgetUnits: given(wire.quoteBudget),
    expiresAtMs: given(wire.expiresAtMs),
    postOnly: wire.postOnly,
    selfTradePrevention,
  };
  return refuseUnsafe(terms) ?? composeNewOrder(asset, terms, rules);
}

function readCancel(wire: { readonly orderId?: number; readonly clientOrderId?: string }): RequestBody | Refusal {
  return composeCancel(wire.orderId ?? null, wire.clientOrderId ?? null);
}

function readReplace(wire: WireReplaceOrder, asset: Asset, rules: RequestRules): RequestBody | Refusal {
  const terms = {
    orderId: wire.orderId,
    quantityLots: given(wire.quantityLots),
    priceTicks: given(wire.priceTicks),
    clientOrderId: wire.clientOrderId === "" ? null : wire.clientOrderId,
  };
  return refuseUnsafe(terms) ?? composeReplace(asset, terms, rules);
}

function readCancelAll(wire: { readonly side: number }): RequestBody | Refusal {
  if (wire.side === 0) return { kind: "cancel_all", side: null };
  const side = WIRE_SIDES[wire.side];
  if (side !== undefined) return { kind: "cancel_all", side };
  return refuse("INVALID_SIDE", `side ${wire.side} is not 1 (BUY), 2 (SELL) or 0 for both`);
}

/** Null for 0: proto3 can't tell 0 from absent, and no number of an order may be 0. */
function given(value: number): number | null {
  return value === 0 ? null : value;
}

const NUMBERS: readonly (readonly [string, string, RejectName])[] = [
  ["quantityLots", "quantity_lots", "INVALID_QUANTITY"],
  ["displayLots", "display_quantity_lots", "INVALID_QUANTITY"],
  ["minimumLots", "minimum_quantity_lots", "INVALID_QUANTITY"],
  ["quoteBudgetUnits", "quote_budget", "INVALID_QUANTITY"],
  ["priceTicks", "price_ticks", "INVALID_PRICE"],
  ["stopPriceTicks", "stop_price_ticks", "INVALID_PRICE"],
  ["expiresAtMs", "expires_at_ms", "INVALID_EXPIRY"],
];

function refuseUnsafe(terms: { readonly [field: string]: unknown }): Refusal | null {
  for (const [field, wireName, name] of NUMBERS) {
    const value = terms[field];
    if (typeof value === "number" && value > Number.MAX_SAFE_INTEGER)
      return refuse(name, `${wireName} is above the largest possible, ${Number.MAX_SAFE_INTEGER}`);
  }
  return null;
}

function unknownValue(what: string, value: number, values: number): Refusal {
  return refuse("UNSUPPORTED_COMBINATION", `${what} ${value} is not one of those up to ${values - 1}`);
}

function bodyOf(response: ServerResponse, clientOrderId: string | null): object {
  switch (response.kind) {
    case "ack": {
      const { logId, receivedAtUs, loggedAtUs } = response;
      return { ack: { logId, clientOrderId, receivedAtUs, loggedAtUs } };
    }
    case "timer_set":
      return { ack: { receivedAtUs: response.receivedAtUs } };
    case "refused": {
      const { name, text } = response;
      return { reject: { code: REJECTS[name].code, name, text, clientOrderId } };
    }
    case "login_accepted": {
      const assets = [...response.assets].map(({ asset, base, quote, tickSize, lotSize }) => {
        return { asset, base, quote, tickSize, lotSize };
      });
      return { loginAccepted: { account: response.account, assets } };
    }
    case "heartbeat":
      return { heartbeat: {} };
    default:
      return assertNever(response);
  }
}
