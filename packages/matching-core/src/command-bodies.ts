/** Carries out commands that are objects, by the engine's calls in numbers (engine.ts). */
import { NONE } from "./codes.js";
import type { CommandBody, Refuse, RequestBody, Shortfall } from "./commands.js";
import type { CurrentRequest } from "./current-request.js";
import { ASSET_STATES, reasonCode, SIDES } from "./enumerations.js";
import { assertNever, invariant } from "./errors.js";
import { CANCEL_REJECTED, REPLACE_REJECTED } from "./event-layout.js";
import type { EventWriter } from "./event-writer.js";
import type { OrderTerms } from "./order-terms.js";

/** The engine's calls, as far as they are needed here. */
interface EngineCalls {
  readonly events: EventWriter;
  place(order: OrderTerms): void;
  refuseNew(reason: number, firstOrderId: number, shortfall: Shortfall | null, order: OrderTerms): void;
  cancel(orderId: number, clientOrderId: string | null): void;
  replace(orderId: number, quantityLots: number, priceTicks: number, clientOrderId: string | null): void;
  cancelAll(side: number): void;
  setAssetState(state: number): void;
}

/** Carries out a body between the engine's `from` and `end`; `terms` is an object that may be used again and again. */
export function carryOut(engine: EngineCalls, from: CurrentRequest, terms: OrderTerms, body: CommandBody): void {
  switch (body.kind) {
    case "refuse":
      passOn(engine, from, terms, body);
      break;
    case "set_asset_state":
      engine.setAssetState(ASSET_STATES.indexOf(body.state));
      break;
    case "set_rules":
    case "advance_clock":
      break;
    default:
      carryOutRequest(engine, from, terms, body);
  }
}

function carryOutRequest(engine: EngineCalls, from: CurrentRequest, terms: OrderTerms, request: RequestBody): void {
  invariant(from.accountId > 0, "a request comes from an account");
  switch (request.kind) {
    case "new":
      engine.place(terms.read(request));
      break;
    case "cancel":
      engine.cancel(request.orderId ?? NONE, request.clientOrderId);
      break;
    case "replace":
      from.cover = request.cover ?? NONE;
      engine.replace(request.orderId, request.quantityLots, request.priceTicks, request.clientOrderId);
      from.cover = NONE;
      break;
    case "cancel_all":
      engine.cancelAll(request.side === null ? NONE : SIDES.indexOf(request.side));
      break;
    default:
      assertNever(request);
  }
}

/** Gives a request that order-processing refused its place among the events. */
function passOn(engine: EngineCalls, from: CurrentRequest, terms: OrderTerms, body: Refuse): void {
  const [reason, firstOrderId] = [reasonCode(body.reason), body.firstOrderId ?? NONE];
  const { request, shortfall } = body;
  switch (request.kind) {
    case "new":
      engine.refuseNew(reason, firstOrderId, shortfall, terms.read(request));
      break;
    case "cancel":
    case "replace": {
      const kind = request.kind === "cancel" ? CANCEL_REJECTED : REPLACE_REJECTED;
      const orderId = request.orderId ?? NONE;
      engine.events.requestRejected(kind, from, orderId, reason, firstOrderId, shortfall, request.clientOrderId);
      break;
    }
    case "cancel_all":
      break;
    default:
      assertNever(request);
  }
}
