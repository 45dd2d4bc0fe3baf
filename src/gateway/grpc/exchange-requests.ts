import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import type { RequestBody } from "../../shared/domain/messages.js";
import { isRefusal, refuse } from "../../shared/domain/rejects.js";
import { reportJson } from "../../shared/domain/report-json.js";
import { readClientRequest, refuseTimer, TIMER_SECONDS_MAX } from "../../shared/requests/order-entry-codec.js";
import type { GatewayContext } from "../context.js";
import type { Submitted, Target } from "../orders/orders.js";
import { unary } from "./calls.js";
import { reportMessage } from "./report-message.js";
import { whoAsks } from "./who-asks.js";

/** Values of Wait. */
const [WAIT_FOR_ACK, WAIT_FOR_RESULT] = [0, 1];

/** The field of each request that holds what is asked, and what ClientMessage calls the same. */
const REQUESTS = {
  PlaceOrder: ["order", "newOrder"],
  CancelOrder: ["cancel", "cancelOrder"],
  ReplaceOrder: ["replace", "replaceOrder"],
  CancelAll: ["cancelAll", "cancelAll"],
} as const;

/** The requests of bourse.v1.Exchange: those of the binary dialect, by the same rules. */
export function exchangeRequests({ registry, orders, rules, identification, clock, service }: GatewayContext) {
  const { log } = service;
  const requests: UntypedServiceImplementation = {
    SetTimer: unary<{ seconds: number }>(async ({ seconds }, caller) => {
      const identity = await whoAsks(identification, caller, "trade", "operator");
      if (isRefusal(identity)) return identity;
      if (seconds > TIMER_SECONDS_MAX) return refuseTimer(String(seconds));
      const receivedAtUs = clock.nowUs();
      return (await orders.setTimer(identity, seconds)) ?? { seconds, receivedAtUs };
    }, log),
  };
  for (const [method, [field, name]] of Object.entries(REQUESTS))
    requests[method] = unary<Record<string, unknown>>(async (request, caller) => {
      const identity = await whoAsks(identification, caller, "trade", "operator");
      if (isRefusal(identity)) return identity;
      const { [field]: asked, wait } = request;
      if (asked === null)
        return refuse("MALFORMED_MESSAGE", `the field ${field} is missing; see protocol/exchange.proto`);
      if (wait !== WAIT_FOR_ACK && wait !== WAIT_FOR_RESULT)
        return refuse("UNSUPPORTED_COMBINATION", `wait ${wait} is not 0 (WAIT_FOR_ACK) or 1 (WAIT_FOR_RESULT)`);
      const read = readClientRequest({ [name]: asked }, rules);
      if (isRefusal(read)) return read;
      const asset = read.kind === "order" ? registry.assets.get(read.asset) : undefined;
      if (read.kind !== "order" || asset === undefined) throw new Error(`${method} was read as ${read.kind}`);
      const about = wait === WAIT_FOR_RESULT ? targetOf(read.body) : null;
      const outcome = await orders.submit(identity, asset, read.body, about);
      if (isRefusal(outcome)) return outcome;
      const told = (outcome.reports ?? []).map((report) => reportMessage(reportJson(report, asset), registry.assets));
      return { ack: ackOf(read.body, outcome), reports: told, resultPending: about !== null && !outcome.reports };
    }, log);
  return requests;
}

/** The order whose reports are the request's result; that of a CancelAll is that it is settled. */
function targetOf(body: RequestBody): Target | "new order" {
  if (body.kind === "new") return "new order";
  if (body.kind === "cancel_all") return { orderId: null, clientOrderId: null };
  return { orderId: body.orderId, clientOrderId: body.kind === "cancel" ? body.clientOrderId : null };
}

function ackOf(body: RequestBody, { logId, receivedAtUs, loggedAtUs }: Submitted): object {
  const clientOrderId = "clientOrderId" in body ? body.clientOrderId : null;
  return { logId, clientOrderId, receivedAtUs, loggedAtUs };
}
