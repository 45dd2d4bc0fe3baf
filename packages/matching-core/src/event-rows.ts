/** Reads rows of events (event-layout.ts) back into events that are objects. */

import {
  HAS_BUDGET,
  HAS_DISPLAY,
  HAS_EXPIRY,
  HAS_MINIMUM,
  HAS_PRICE,
  HAS_QUANTITY,
  HAS_STOP_PRICE,
  NONE,
} from "./codes.js";
import type { FeeRates, NewOrder, Shortfall } from "./commands.js";
import { ASSET_STATES, ORDER_TYPES, REASONS, SELF_TRADE_PREVENTIONS, SIDES, TIMES_IN_FORCE } from "./enumerations.js";
import { assertNever, CodecError } from "./errors.js";
import {
  type EventRows,
  HAS_COVER,
  HAS_FIRST_ORDER,
  HAS_OPTIONAL,
  HAS_SHORTFALL,
  ORDER_HAS_FEE_RATES,
  ORDER_HAS_SHORTFALL,
  type RowKind,
} from "./event-layout.js";
import type { EngineEvent, EventBody } from "./events.js";
import { unpackFeeRates } from "./order-terms.js";
import { listed, RowReader } from "./row-reader.js";
import { currencyUnits } from "./units.js";

/** The rows' events, as objects. Throws a CodecError for rows that this version can't have written. */
export function readRows({ firstEventSequence, firstTradeId, rows }: EventRows): EngineEvent[] {
  const reader = new RowReader(rows, firstTradeId);
  const events: EngineEvent[] = [];
  let [commandSequence, atUs] = [NONE, NONE];
  let isWithoutEvents = false;
  for (let kind = reader.next(); kind !== null; kind = reader.next()) {
    if (kind === "command") [commandSequence, atUs] = [reader.number(), reader.number()];
    else {
      if (commandSequence === NONE) throw new CodecError("a row stands before the first command's");
      const eventSequence = firstEventSequence + events.length;
      events.push({ eventSequence, commandSequence, atUs, body: bodyOf(kind, reader) } as EngineEvent);
    }
    isWithoutEvents = kind === "command";
    reader.end();
  }
  if (isWithoutEvents) throw new CodecError("the rows end with a command that has no events");
  return events;
}

/** A row's body. The casts put on the units' brands: the reader has checked that every number is whole and safe. */
function bodyOf(kind: Exclude<RowKind, "command">, row: RowReader): EventBody {
  const number = () => row.number();
  switch (kind) {
    case "accepted": {
      const [orderId, accountId, receivedAtUs, pendingTrigger] = [number(), number(), number(), row.code === 1];
      const order = orderWithoutRates(row);
      order.feeRates = feeRatesOf(row);
      return { kind, orderId, accountId, receivedAtUs, pendingTrigger, order } as EventBody;
    }
    case "rejected": {
      const [orderId, accountId, receivedAtUs, reason] = [number(), number(), number(), row.coded(REASONS, "reason")];
      const order = orderWithoutRates(row);
      const firstOrderId = row.optional(HAS_FIRST_ORDER);
      order.feeRates = feeRatesOf(row);
      const shortfall = (row.enumerations & ORDER_HAS_SHORTFALL) === 0 ? null : shortfallOf(row);
      return { kind, orderId, accountId, receivedAtUs, reason, firstOrderId, shortfall, order } as EventBody;
    }
    case "trade":
      return {
        kind,
        tradeId: row.tradeId,
        makerOrderId: number(),
        takerOrderId: number(),
        makerAccountId: number(),
        takerAccountId: number(),
        takerSide: row.coded(SIDES, "side"),
        priceTicks: number(),
        quantityLots: number(),
        makerLeavesLots: number(),
        takerLeavesLots: row.optional(HAS_OPTIONAL),
      } as EventBody;
    case "canceled": {
      const [orderId, accountId, reason] = [number(), number(), row.coded(REASONS, "reason")];
      const [canceledLots, cover] = [row.optional(HAS_OPTIONAL), row.optional(HAS_COVER)];
      return { kind, orderId, accountId, reason, canceledLots, cover } as EventBody;
    }
    case "expired":
      return { kind, orderId: number(), accountId: number(), canceledLots: number() } as EventBody;
    case "replaced": {
      const [orderId, accountId, quantityLots, priceTicks, leavesLots] = [
        number(),
        number(),
        number(),
        number(),
        number(),
      ];
      const [keptPriority, cover, clientOrderId] = [row.code === 1, row.optional(HAS_COVER), row.text()];
      return {
        kind,
        orderId,
        accountId,
        quantityLots,
        priceTicks,
        leavesLots,
        keptPriority,
        clientOrderId,
        cover,
      } as EventBody;
    }
    case "reduced":
      return { kind, orderId: number(), accountId: number(), byLots: number(), leavesLots: number() } as EventBody;
    case "triggered":
      return { kind, orderId: number(), accountId: number() } as EventBody;
    case "cancel_rejected":
    case "replace_rejected": {
      const [requestLogId, accountId, receivedAtUs] = [number(), number(), number()];
      const [orderId, firstOrderId] = [row.optional(HAS_OPTIONAL), row.optional(HAS_FIRST_ORDER)];
      const [cover, shortfall] = [row.optional(HAS_COVER), row.has(HAS_SHORTFALL) ? shortfallOf(row) : null];
      const [reason, clientOrderId] = [row.coded(REASONS, "reason"), row.text()];
      return {
        kind,
        requestLogId,
        accountId,
        orderId,
        clientOrderId,
        reason,
        firstOrderId,
        shortfall,
        cover,
        receivedAtUs,
      } as EventBody;
    }
    case "state_changed":
      return { kind, state: row.coded(ASSET_STATES, "asset state") };
    default:
      return assertNever(kind);
  }
}

function feeRatesOf(row: RowReader): FeeRates | null {
  return (row.enumerations & ORDER_HAS_FEE_RATES) === 0 ? null : unpackFeeRates(row.number());
}

function shortfallOf(row: RowReader): Shortfall {
  return { neededUnits: currencyUnits(row.number()), availableUnits: currencyUnits(row.number()) };
}

/** An order but for its fee rates, which stand further behind in a refused order's row: the caller reads and adds them. */
function orderWithoutRates(row: RowReader): { -readonly [Term in keyof NewOrder]: NewOrder[Term] } {
  const enumerations = row.enumerations;
  return {
    kind: "new",
    clientOrderId: row.text(),
    side: listed(SIDES, enumerations & 1, "side"),
    type: listed(ORDER_TYPES, (enumerations >> 1) & 3, "order type"),
    timeInForce: listed(TIMES_IN_FORCE, (enumerations >> 3) & 3, "time in force"),
    quantityLots: row.optional(HAS_QUANTITY),
    priceTicks: row.optional(HAS_PRICE),
    stopPriceTicks: row.optional(HAS_STOP_PRICE),
    displayLots: row.optional(HAS_DISPLAY),
    minimumLots: row.optional(HAS_MINIMUM),
    quoteBudgetUnits: row.optional(HAS_BUDGET),
    expiresAtMs: row.optional(HAS_EXPIRY),
    postOnly: ((enumerations >> 8) & 1) === 1,
    selfTradePrevention: listed(SELF_TRADE_PREVENTIONS, (enumerations >> 5) & 7, "self-trade prevention"),
    feeRates: null,
  } satisfies Record<keyof NewOrder, unknown> as NewOrder;
}
