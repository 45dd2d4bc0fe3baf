/** Turns one asset's events into the rows that settle them. Pure: orders from before are given. */
import type { Asset } from "../shared/domain/assets.js";
import { formatDecimal } from "../shared/domain/decimal.js";
import { invariant } from "../shared/domain/errors.js";
import { ordersTouched, reportsOf } from "../shared/domain/execution-report.js";
import type { AssetState, EngineEvent, Trade } from "../shared/domain/messages.js";
import type { OrderRecord } from "../shared/domain/order-record.js";
import type { ExecutionReport, PublicTrade } from "../shared/domain/reports.js";
import {
  type CommandSequence,
  type CurrencyUnits,
  commandSequence,
  type EpochUs,
  type EventSequence,
  eventSequence,
  type OrderId,
} from "../shared/domain/units.js";
import { moneyOf, type Posting, type TradeFees } from "./postings.js";

export interface SettledTrade extends Trade {
  /** Null: the trade's orders hold nothing. */
  readonly fees: TradeFees | null;
  readonly eventSequence: EventSequence;
  readonly executedAtUs: EpochUs;
}

export interface SettledReport extends ExecutionReport {
  readonly eventSequence: EventSequence;
}

/** A state of the asset, which its book has since an event. */
export interface StateChange {
  readonly state: AssetState;
  readonly sinceUs: EpochUs;
  readonly eventSequence: EventSequence;
  readonly commandSequence: CommandSequence;
}

export interface Settlement {
  readonly trades: readonly SettledTrade[];
  readonly reports: readonly SettledReport[];
  /** The money of the events, in their order. */
  readonly postings: readonly Posting[];
  /** Orders that appear for the first time, in their state after the batch. */
  readonly newOrders: readonly OrderRecord[];
  /** Orders that were there before and have changed. */
  readonly changedOrders: readonly OrderRecord[];
  /** The last change of the asset's state; null: there was none. */
  readonly stateChange: StateChange | null;
  readonly reached: EventSequence;
  /** The last command whose hold has passed to an order, or was released; 0: none in this batch. */
  readonly holdThroughCommand: CommandSequence;
  readonly settledAtUs: EpochUs;
}

/** The orders that must be in the map before `events` can be settled; some of them may not exist. */
export function ordersNeeded(events: readonly EngineEvent[], known: ReadonlyMap<OrderId, OrderRecord>): OrderId[] {
  const needed = new Set<OrderId>();
  for (const event of events) for (const id of ordersTouched(event)) if (!known.has(id)) needed.add(id);
  for (const { body } of events) if (body.kind === "accepted" || body.kind === "rejected") needed.delete(body.orderId);
  return [...needed];
}

/** By order, the quote budget that its client asked to spend; an event has only what is left of it for fills. */
export type BudgetsAsked = ReadonlyMap<OrderId, CurrencyUnits>;

/** The new orders with a quote budget: `settle` needs what their clients asked to spend. */
export function budgetOrders(events: readonly EngineEvent[]): OrderId[] {
  return events.flatMap(({ body }) =>
    (body.kind === "accepted" || body.kind === "rejected") && body.order.quoteBudgetUnits !== null
      ? [body.orderId]
      : [],
  );
}

/**
 * Settles the events that follow `after` without a gap. Changes the orders in the map and adds new ones: after an error,
 * or if the result can't be stored, the caller must throw the map away.
 */
export function settle(
  events: readonly EngineEvent[],
  after: EventSequence,
  orders: Map<OrderId, OrderRecord>,
  asset: Asset,
  budgets: BudgetsAsked = new Map(),
): Settlement {
  const trades: SettledTrade[] = [];
  const reports: SettledReport[] = [];
  const postings: Posting[] = [];
  const newOrders = new Set<OrderRecord>();
  const changedOrders = new Set<OrderRecord>();
  let reached = after;
  let holdThroughCommand = commandSequence(0);
  let stateChange: StateChange | null = null;
  for (const event of events) {
    invariant(event.eventSequence === reached + 1, `event ${event.eventSequence} came after ${reached}`);
    reached = event.eventSequence;
    const { body, atUs } = event;
    const told = reportsOf(event, orders, asset);
    if (body.kind === "accepted" || body.kind === "rejected") nameBudget(known(orders, body.orderId), told, budgets);
    const { postings: posted, fees } = moneyOf(event, orders, asset);
    postings.push(...posted);
    for (const report of told) {
      const feeUnits = report.liquidity === "maker" ? fees?.makerFeeUnits : fees?.takerFeeUnits;
      const reason =
        fees?.budgetLeftUnits && report.liquidity === "taker" ? spentText(fees.budgetLeftUnits, asset) : report.reason;
      reports.push(Object.assign(report, { eventSequence: reached, feeUnits: feeUnits ?? null, reason }));
    }
    if (body.kind === "trade") trades.push({ ...body, fees, eventSequence: reached, executedAtUs: atUs });
    if (body.kind === "state_changed")
      stateChange = {
        state: body.state,
        sinceUs: atUs,
        eventSequence: reached,
        commandSequence: event.commandSequence,
      };
    if (endsHoldOfCommand(event)) holdThroughCommand = event.commandSequence;
    if (body.kind === "accepted" || body.kind === "rejected") newOrders.add(known(orders, body.orderId));
    else if (body.kind !== "cancel_rejected" && body.kind !== "replace_rejected")
      for (const id of ordersTouched(event)) changedOrders.add(known(orders, id));
  }
  const settledAtUs = events.at(-1)?.atUs ?? (0 as EpochUs);
  const changed = [...changedOrders].filter((order) => !newOrders.has(order));
  return {
    trades,
    reports,
    postings,
    newOrders: [...newOrders],
    changedOrders: changed,
    stateChange,
    reached: eventSequence(reached),
    holdThroughCommand,
    settledAtUs,
  };
}

/** Whether the event passes the hold of its command to the order, or releases it. */
function endsHoldOfCommand({ body }: EngineEvent): boolean {
  switch (body.kind) {
    case "accepted":
    case "rejected":
    case "replaced":
    case "replace_rejected":
      return true;
    default:
      return body.kind === "canceled" && body.reason === "below_filled";
  }
}

function known(orders: ReadonlyMap<OrderId, OrderRecord>, id: OrderId): OrderRecord {
  const order = orders.get(id);
  invariant(order !== undefined, `order ${id} is not known`);
  return order;
}

function nameBudget(order: OrderRecord, told: ExecutionReport[], budgets: BudgetsAsked): void {
  const quoteBudgetUnits = budgets.get(order.orderId);
  if (quoteBudgetUnits === undefined) return;
  order.terms = { ...order.terms, quoteBudgetUnits };
  for (const report of told) Object.assign(report, { terms: order.terms });
}

/** The reason of a report that ends a quote budget, with the rest that bought no further lot. */
function spentText(leftUnits: number, { quote, quoteUnit }: Asset): string {
  return `quote_budget_spent: ${formatDecimal(leftUnits, quoteUnit)} ${quote} left`;
}

/** The trade without its accounts and orders, for everybody. */
export function publicTrade({ tradeId, priceTicks, quantityLots, takerSide, executedAtUs }: SettledTrade): PublicTrade {
  return { tradeId, priceTicks, quantityLots, takerSide, executedAtUs };
}
