/** Writes events that are objects as rows: those that were read back (to publish the rest, to export), and those of tests. */

import { NONE } from "./codes.js";
import { ASSET_STATES, REASONS, SIDES } from "./enumerations.js";
import { assertNever, CodecError } from "./errors.js";
import { CANCEL_REJECTED, type EventRows, REPLACE_REJECTED } from "./event-layout.js";
import { EventWriter, type RequestOrigin } from "./event-writer.js";
import type { EngineEvent, EventBody, RequestRejected } from "./events.js";
import { OrderTerms } from "./order-terms.js";

/** The rows of the events. Throws a CodecError if they are not in sequence. */
export function rowsOf(events: readonly EngineEvent[]): EventRows {
  const firstTrade = events.map(({ body }) => body).find((body) => body.kind === "trade");
  const writer = new EventWriter((events[0]?.eventSequence ?? 1) - 1, (firstTrade?.tradeId ?? 1) - 1);
  let current: EngineEvent | null = null;
  for (const event of events) {
    if (event.commandSequence !== current?.commandSequence || event.atUs !== current.atUs)
      writer.command(event.commandSequence, event.atUs);
    current = event;
    writeEvent(writer, event.body);
    const hasPlace = event.eventSequence === writer.lastEventSequence;
    if (!hasPlace || (event.body.kind === "trade" && event.body.tradeId !== writer.lastTradeId))
      throw new CodecError(`event ${event.eventSequence} does not follow the one before it`);
  }
  return writer.take();
}

function writeEvent(writer: EventWriter, body: EventBody): void {
  switch (body.kind) {
    case "accepted":
      writer.accepted(originOf(body, body.orderId), body.pendingTrigger ? 1 : 0, new OrderTerms().read(body.order));
      break;
    case "rejected": {
      const reason = REASONS.indexOf(body.reason);
      const terms = new OrderTerms().read(body.order);
      writer.rejected(originOf(body, body.orderId), reason, body.firstOrderId ?? NONE, body.shortfall, terms);
      break;
    }
    case "trade": {
      const { makerOrderId, takerOrderId, makerAccountId, takerAccountId, takerSide } = body;
      const { priceTicks, quantityLots, makerLeavesLots, takerLeavesLots } = body;
      const at = writer.trade(SIDES.indexOf(takerSide), takerLeavesLots ?? NONE);
      const parties = [makerOrderId, takerOrderId, makerAccountId, takerAccountId];
      writer.floats.set([...parties, priceTicks, quantityLots, makerLeavesLots, takerLeavesLots ?? NONE], at + 1);
      break;
    }
    case "canceled":
      writer.canceledByReplace(
        originOf({ ...body, receivedAtUs: 0 }, 0, body.cover),
        body.orderId,
        REASONS.indexOf(body.reason),
        body.canceledLots ?? NONE,
      );
      break;
    case "expired":
      writer.expired(body.orderId, body.accountId, body.canceledLots);
      break;
    case "replaced": {
      const { orderId, quantityLots, priceTicks, leavesLots, keptPriority, clientOrderId } = body;
      const from = originOf({ ...body, receivedAtUs: 0 }, 0, body.cover);
      writer.replaced(from, orderId, quantityLots, priceTicks, leavesLots, keptPriority ? 1 : 0, clientOrderId);
      break;
    }
    case "reduced":
      writer.reduced(body.orderId, body.accountId, body.byLots, body.leavesLots);
      break;
    case "triggered":
      writer.triggered(body.orderId, body.accountId);
      break;
    case "cancel_rejected":
    case "replace_rejected":
      writeRequestRejected(writer, body);
      break;
    case "state_changed":
      writer.stateChanged(ASSET_STATES.indexOf(body.state));
      break;
    default:
      assertNever(body);
  }
}

function writeRequestRejected(writer: EventWriter, body: RequestRejected): void {
  const kind = body.kind === "cancel_rejected" ? CANCEL_REJECTED : REPLACE_REJECTED;
  const [orderId, firstOrderId] = [body.orderId ?? NONE, body.firstOrderId ?? NONE];
  const from = originOf(body, body.requestLogId, body.cover);
  const reason = REASONS.indexOf(body.reason);
  writer.requestRejected(kind, from, orderId, reason, firstOrderId, body.shortfall, body.clientOrderId);
}

function originOf(
  { accountId, receivedAtUs }: { readonly accountId: number; readonly receivedAtUs: number },
  logId: number,
  cover: number | null = null,
): RequestOrigin {
  return { logId, accountId, receivedAtUs, cover: cover ?? NONE };
}
