/** From one asset's events to the rows that settle them. Pure: what it needs to know of older orders is given. */
import { invariant } from "../shared/errors.js";
import { type OrderRecord, ordersTouched, reportsOf } from "../shared/execution-report.js";
import type { EngineEvent, ExecutionReport, PublicTrade, Trade } from "../shared/messages.js";
import { type EpochUs, type EventSequence, eventSequence, type OrderId } from "../shared/units.js";

export interface SettledTrade extends Trade {
  readonly eventSequence: EventSequence;
  readonly executedAtUs: EpochUs;
}

export interface SettledReport extends ExecutionReport {
  readonly eventSequence: EventSequence;
}

export interface Settlement {
  readonly trades: readonly SettledTrade[];
  readonly reports: readonly SettledReport[];
  /** Orders that appear for the first time, in their state after the batch. */
  readonly newOrders: readonly OrderRecord[];
  /** Orders that were there before and have changed. */
  readonly changedOrders: readonly OrderRecord[];
  readonly reached: EventSequence;
  readonly settledAtUs: EpochUs;
}

/** The orders that must be in the map before `events` can be settled; some of them may not exist. */
export function ordersNeeded(events: readonly EngineEvent[], known: ReadonlyMap<OrderId, OrderRecord>): OrderId[] {
  const needed = new Set<OrderId>();
  for (const event of events) for (const id of ordersTouched(event)) if (!known.has(id)) needed.add(id);
  for (const { body } of events) if (body.kind === "accepted" || body.kind === "rejected") needed.delete(body.orderId);
  return [...needed];
}

/**
 * Settles the events that follow `after`, without a gap. The orders in the map are changed and new ones are added:
 * after an error, or when the result can't be stored, the map must be thrown away.
 */
export function settle(
  events: readonly EngineEvent[],
  after: EventSequence,
  orders: Map<OrderId, OrderRecord>,
): Settlement {
  const trades: SettledTrade[] = [];
  const reports: SettledReport[] = [];
  const newOrders = new Set<OrderRecord>();
  const changedOrders = new Set<OrderRecord>();
  let reached = after;
  for (const event of events) {
    invariant(event.eventSequence === reached + 1, `event ${event.eventSequence} came after ${reached}`);
    reached = event.eventSequence;
    const { body, atUs } = event;
    for (const report of reportsOf(event, orders)) reports.push(Object.assign(report, { eventSequence: reached }));
    if (body.kind === "trade") trades.push({ ...body, eventSequence: reached, executedAtUs: atUs });
    if (body.kind === "accepted" || body.kind === "rejected") newOrders.add(known(orders, body.orderId));
    else if (body.kind !== "cancel_rejected" && body.kind !== "replace_rejected")
      for (const id of ordersTouched(event)) changedOrders.add(known(orders, id));
  }
  const settledAtUs = events.at(-1)?.atUs ?? (0 as EpochUs);
  const changed = [...changedOrders].filter((order) => !newOrders.has(order));
  return {
    trades,
    reports,
    newOrders: [...newOrders],
    changedOrders: changed,
    reached: eventSequence(reached),
    settledAtUs,
  };
}

function known(orders: ReadonlyMap<OrderId, OrderRecord>, id: OrderId): OrderRecord {
  const order = orders.get(id);
  invariant(order !== undefined, `order ${id} is not known`);
  return order;
}

/** What all may know of a trade: not whose it was. */
export function publicTrade({ tradeId, priceTicks, quantityLots, takerSide, executedAtUs }: SettledTrade): PublicTrade {
  return { tradeId, priceTicks, quantityLots, takerSide, executedAtUs };
}
