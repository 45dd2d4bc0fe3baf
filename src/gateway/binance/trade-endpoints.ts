/** Orders: placing, cancelling, replacing, amending. Each waits for what becomes of it, unless its client asks for less. */
import type { Asset } from "../../shared/domain/assets.js";
import type { RequestBody } from "../../shared/domain/messages.js";
import { isRefusal } from "../../shared/domain/rejects.js";
import { type OrderId, orderId } from "../../shared/domain/units.js";
import { composeCancel, composeNewOrder, composeReplace } from "../../shared/requests/order-rules.js";
import { type Endpoint, type Exchange, type SignedCall, signed } from "./endpoint.js";
import { BinanceError, errorOfReason, errorOfRefusal } from "./errors.js";
import { assertMayTrade } from "./identity.js";
import type { Outcome } from "./order-desk.js";
import { acknowledgedJson, canceledJson, orderJson, placedJson } from "./order-json.js";
import {
  type OrderAsked,
  type OrderNamed,
  readClientOrderId,
  readNamed,
  readOrder,
  readQuantity,
} from "./order-parameters.js";
import type { StoredOrder } from "./own-orders-store.js";
import type { Parameters } from "./parameters.js";

/** Orders that one request cancels at most, and shows. */
const CANCELED_MAX = 1_000;
const FILLS_MAX = 1_000;

export function tradeEndpoints(exchange: Exchange): Readonly<Record<string, Endpoint>> {
  const trading = (weight: number, handle: (call: SignedCall, asset: Asset) => Promise<unknown>) =>
    signed(weight, (call) => {
      assertMayTrade(call.caller);
      skipCommon(call.given);
      return handle(call, exchange.symbols.get(call.given.required("symbol")));
    });
  return {
    "POST order": trading(1, (call, asset) => {
      const asked = readOrder(call.given, asset, call.caller.derivedClientOrderId);
      call.given.refuseOthers();
      return place(exchange, call, asset, asked);
    }),
    "POST order/test": trading(1, async (call, asset) => {
      call.given.skip("computeCommissionRates");
      const { fields } = readOrder(call.given, asset, call.caller.derivedClientOrderId);
      call.given.refuseOthers();
      exchange.desk.check(call.caller, asset, taken(composeNewOrder(asset, fields, exchange.desk.rules)));
      return {};
    }),
    "DELETE order": trading(1, (call, asset) => {
      const named = readNamed(call.given);
      const cancelId = readClientOrderId(call.given, "newClientOrderId") ?? call.caller.derivedClientOrderId;
      call.given.refuseOthers();
      return cancel(exchange, call, asset, named, cancelId);
    }),
    "DELETE openOrders": trading(1, (call, asset) => {
      call.given.refuseOthers();
      return cancelAll(exchange, call, asset);
    }),
    "POST order/cancelReplace": trading(1, (call, asset) => cancelReplace(exchange, call, asset)),
    "PUT order/amend/keepPriority": trading(4, (call, asset) => amend(exchange, call, asset)),
  };
}

/** What goes with orders and says nothing that is not known. */
function skipCommon(given: Parameters): void {
  given.skip("symbol", "timestamp", "recvWindow", "signature", "apiKey", "returnRateLimits");
}

async function place(exchange: Exchange, { caller }: SignedCall, asset: Asset, { fields, responseType }: OrderAsked) {
  const { desk, ownOrders, nowMs, log } = exchange;
  const body = taken(composeNewOrder(asset, fields, desk.rules));
  const { logId, reports } = await desk.submit(caller, asset, body, responseType === "ACK" ? null : "new order");
  // Without a result it is in the log and takes effect: that it has not yet is no error.
  const acknowledged = acknowledgedJson(logId, body.clientOrderId, asset, nowMs() * 1_000);
  if (!reports) return acknowledged;
  const rejected = reports.find(({ event }) => event === "rejected");
  if (rejected !== undefined) throw errorOfReason("order", rejected.reason ?? "rejected");
  const all = { fromId: null, startUs: null, endUs: null, limit: FILLS_MAX };
  try {
    const order = await ownOrders.order(caller.accountId, asset.asset, byId(logId));
    if (order === null) return acknowledged;
    const hasFills = responseType === "FULL" && order.filledLots > 0;
    const fills = hasFills ? await ownOrders.fills(caller.accountId, asset.asset, all, order.orderId) : [];
    return placedJson(order, fills, asset, responseType);
  } catch (err) {
    log.warn({ err }, "an order that was placed can't be read for its answer");
    return acknowledged;
  }
}

async function cancel(exchange: Exchange, call: SignedCall, asset: Asset, named: OrderNamed, cancelId: string) {
  const body = taken(composeCancel(named.orderId, named.clientOrderId));
  const order = await changed(exchange, call, asset, body, named, "cancel");
  return canceledJson(order, asset, cancelId);
}

/** Sends the request, waits for its outcome and reads the order. Throws what became of it, if that is a refusal. */
async function changed(
  exchange: Exchange,
  call: SignedCall,
  asset: Asset,
  body: RequestBody,
  about: OrderNamed,
  what: "cancel" | "replace",
): Promise<StoredOrder> {
  const outcome = await finished(exchange, call, asset, body, about);
  const refused = outcome.find(({ event }) => event === "cancel_rejected" || event === "replace_rejected");
  if (refused !== undefined) throw errorOfReason(what, refused.reason ?? "unknown_order");
  const order = await exchange.ownOrders.order(call.caller.accountId, asset.asset, about);
  if (order === null) throw errorOfReason(what, "unknown_order");
  return order;
}

async function finished(
  { desk }: Exchange,
  { caller }: SignedCall,
  asset: Asset,
  body: RequestBody,
  about: OrderNamed,
): Promise<readonly Outcome[]> {
  const { logId, reports } = await desk.submit(caller, asset, body, about);
  if (reports) return reports;
  throw new BinanceError(
    -1007,
    "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    `the request is logged (${logId}) and takes effect; look at the order later`,
    504,
  );
}

async function cancelAll(exchange: Exchange, call: SignedCall, asset: Asset): Promise<object[]> {
  const { ownOrders } = exchange;
  const { accountId, derivedClientOrderId } = call.caller;
  const open = await ownOrders.openOrders(accountId, asset.asset, CANCELED_MAX);
  const [first] = open;
  if (first === undefined) throw errorOfReason("cancel", "unknown_order");
  await finished(exchange, call, asset, { kind: "cancel_all", side: null }, byId(first.orderId));
  const now = await Promise.all(open.map(({ orderId }) => ownOrders.order(accountId, asset.asset, byId(orderId))));
  return now
    .filter((order) => order !== null)
    .filter(({ status }) => status === "canceled")
    .map((order) => canceledJson(order, asset, derivedClientOrderId));
}

const MODES = ["STOP_ON_FAILURE", "ALLOW_FAILURE"] as const;

async function cancelReplace(exchange: Exchange, call: SignedCall, asset: Asset): Promise<object> {
  const { given, caller } = call;
  const mode = given.word(
    "cancelReplaceMode",
    MODES,
    () => new BinanceError(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid."),
  );
  if (mode === null) throw BinanceError.missing("cancelReplaceMode");
  const named = readNamed(given, "cancelOrderId", "cancelOrigClientOrderId");
  const cancelId = readClientOrderId(given, "cancelNewClientOrderId") ?? caller.derivedClientOrderId;
  const asked = readOrder(given, asset, caller.derivedClientOrderId);
  given.refuseOthers();
  // What the new order can't be is told before anything is cancelled.
  taken(composeNewOrder(asset, asked.fields, exchange.desk.rules));
  const canceled = await attempt(() => cancel(exchange, call, asset, named, cancelId));
  const isStopped = canceled.error !== null && mode === "STOP_ON_FAILURE";
  const placed = isStopped ? null : await attempt(() => place(exchange, call, asset, asked));
  const data = {
    cancelResult: canceled.error === null ? "SUCCESS" : "FAILURE",
    newOrderResult: placed === null ? "NOT_ATTEMPTED" : placed.error === null ? "SUCCESS" : "FAILURE",
    cancelResponse: canceled.error?.body ?? canceled.answer,
    newOrderResponse: placed === null ? null : (placed.error?.body ?? placed.answer),
  };
  if (canceled.error === null && placed?.error === null) return data;
  if (canceled.error !== null && (placed === null || placed.error !== null))
    throw new BinanceError(-2022, "Order cancel-replace failed.", null, 400, data);
  throw new BinanceError(-2021, "Order cancel-replace partially failed.", null, 409, data);
}

interface Attempt {
  readonly answer: object | null;
  readonly error: BinanceError | null;
}

async function attempt(work: () => Promise<object>): Promise<Attempt> {
  try {
    return { answer: await work(), error: null };
  } catch (error) {
    if (error instanceof BinanceError) return { answer: null, error };
    throw error;
  }
}

/** Takes quantity off an order, which keeps its place in the queue. */
async function amend(exchange: Exchange, call: SignedCall, asset: Asset): Promise<object> {
  const { given, caller } = call;
  const named = readNamed(given);
  const quantityLots = readQuantity(given, "newQty", asset);
  if (quantityLots === null) throw BinanceError.missing("newQty");
  const clientOrderId = readClientOrderId(given, "newClientOrderId");
  given.refuseOthers();
  const order = await exchange.ownOrders.order(caller.accountId, asset.asset, named);
  if (order === null) throw BinanceError.orderDoesNotExist();
  const { priceTicks } = order;
  if (priceTicks === null || order.quantityLots === null || quantityLots >= order.quantityLots)
    throw new BinanceError(-2038, "Order amend (quantity increase) is not supported.");
  const terms = { orderId: orderId(order.orderId), quantityLots, priceTicks, clientOrderId };
  const body = taken(composeReplace(asset, terms, exchange.desk.rules));
  const amended = await changed(exchange, call, asset, body, byId(order.orderId), "replace");
  return { transactTime: exchange.nowMs(), executionId: amended.updatedAtUs, amendedOrder: orderJson(amended, asset) };
}

function byId(id: number | OrderId): OrderNamed {
  return { orderId: id, clientOrderId: null };
}

/** The rules' refusal as an error; a missing price tells its filter, one off the market another. */
function taken<Body extends object>(body: Body | ReturnType<typeof composeCancel>): Exclude<Body, { text: string }> {
  if (isRefusal(body)) throw errorOfRefusal(body);
  return body as Exclude<Body, { text: string }>;
}
