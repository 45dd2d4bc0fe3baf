/** Trade processing as a stage: EXECUTIONS → trades, reports, money and position in one transaction → NOTIFICATIONS. */

import type { Bus } from "../shared/bus/bus.js";
import { subjectOf } from "../shared/bus/subjects.js";
import type { AssetRegistry } from "../shared/domain/assets.js";
import { CodecError, Fenced, InvariantBroken } from "../shared/domain/errors.js";
import type { EngineEvent } from "../shared/domain/messages.js";
import { isDone, type OrderRecord } from "../shared/domain/order-record.js";
import type { AssetStatus, NotificationBatch, SequencedReport } from "../shared/domain/reports.js";
import {
  type CommandSequence,
  commandSequence,
  type EventSequence,
  type LogId,
  logId,
  type OrderId,
  type StreamSequence,
  streamSequence,
} from "../shared/domain/units.js";
import { nowUs } from "../shared/process/clock.js";
import type { Service } from "../shared/process/lifecycle.js";
import { LATENCY_BUCKETS_S } from "../shared/process/metrics.js";
import type { AssetInput } from "../shared/stage/asset-input.js";
import { judgingInput } from "../shared/stage/dead-letters.js";
import type { Stage } from "../shared/stage/stage.js";
import { TOPOLOGY } from "../shared/stage/topology.js";
import { decodeExecutionBatch, decodeExecutionRows, encodeNotificationBatch } from "../shared/wire/pipeline-codec.js";
import { type BudgetsAsked, budgetOrders, ordersNeeded, publicTrade, type StateChange, settle } from "./settlement.js";
import type { Decision } from "./state-statements.js";
import type { AssetSettlement, Stored, TradeStore } from "./trade-store.js";

/** Live orders of one asset kept in memory at most; any other is read from Postgres when an event touches it. */
const CACHED_ORDERS_MAX = 200_000;
/** Trades, and reports, in one notification at most; with as many it stays far below 1 MiB. */
const ITEMS_PER_MESSAGE_MAX = 1_000;
const PUBLISH_TIMEOUT_MS = 2_000;
const START = streamSequence(0);

interface AssetState {
  reached: EventSequence;
  throughCommand: CommandSequence;
  holdThroughCommand: CommandSequence;
  /** The last client's request that is settled. */
  throughLogId: LogId;
  readonly orders: Map<OrderId, OrderRecord>;
  /** A notification may be lost; the next one tells notifiers to read from Postgres. */
  mustResync: boolean;
}

interface EventBatch {
  readonly asset: string;
  readonly events: readonly EngineEvent[];
  readonly throughCommand: CommandSequence;
  readonly streamSequence: StreamSequence;
}

export class TradeProcessing implements Stage {
  readonly name = "trade-processing";
  readonly #bus: Bus;
  readonly #store: TradeStore;
  readonly #service: Service;
  readonly #registry: AssetRegistry;
  readonly #assets = new Map<string, AssetState>();
  readonly #settledSeconds;
  readonly #trades;

  constructor(service: Service, bus: Bus, store: TradeStore, registry: AssetRegistry) {
    this.#service = service;
    this.#bus = bus;
    this.#store = store;
    this.#registry = registry;
    const { metrics } = service;
    this.#settledSeconds = metrics.histogram(
      "settled_seconds",
      "From arrival to settlement, of the first request of each batch",
      LATENCY_BUCKETS_S,
    );
    this.#trades = metrics.counter("trades_total", "Trades settled", ["asset"]);
  }

  async recover(asset: string): Promise<{ afterSequence: StreamSequence }> {
    const { eventSequence: reached, streamSequence: place, ...commands } = await this.#store.position(asset);
    const throughLogId = await this.#store.throughLogId(asset, commands.throughCommand);
    this.#assets.set(asset, { reached, ...commands, throughLogId, orders: new Map(), mustResync: true });
    await this.#announce(asset, { trades: [], reports: [], status: null, throughLogId });
    return { afterSequence: (await this.#isPlaceOf(reached, asset, place)) ? place : START };
  }

  /**
   * Whether the next event after `reached` is after this place in EXECUTIONS, if it is there already. It is not if the stream
   * has lost its end, which is not synced, and was continued: then the same events are in other places.
   */
  async #isPlaceOf(reached: EventSequence, asset: string, place: StreamSequence): Promise<boolean> {
    const next = await this.#bus.nextMessage("EXECUTIONS", subjectOf("EXECUTIONS", asset), place);
    if (next === null) return true;
    try {
      return decodeExecutionRows(next.data).firstEventSequence <= reached + 1;
    } catch (err) {
      if (!(err instanceof CodecError)) throw err;
      return true; // a message that can't be read is met where it is
    }
  }

  async release(asset: string): Promise<void> {
    this.#assets.delete(asset);
  }

  async handle(inputs: readonly AssetInput[]): Promise<void> {
    const batches = inputs.map((input) => this.#readEvents(input)).filter((batch) => this.#isNew(batch));
    if (batches.length === 0) return;
    await Promise.all(batches.map((batch) => this.#loadOrders(batch)));
    const settlements = await this.#settleAll(batches, await this.#readBudgets(batches));
    const stored = await this.#store.store(settlements);
    for (const { asset, reached, throughCommand, holdThroughCommand } of settlements)
      Object.assign(this.#state(asset), { reached, throughCommand, holdThroughCommand });
    await this.#notify(settlements, stored);
    for (const { asset, newOrders, changedOrders } of settlements)
      this.#forget(asset, [...newOrders, ...changedOrders]);
  }

  #readEvents({ asset, messages }: AssetInput): EventBatch {
    const { reached } = this.#state(asset);
    const batches = judgingInput(asset, () => messages.map(({ data }) => decodeExecutionBatch(data)));
    const events = batches.flatMap((batch) => batch.events).filter((event) => event.eventSequence > reached);
    const { streamSequence } = messages.at(-1) as { streamSequence: StreamSequence };
    const { throughCommand } = batches.at(-1) as { throughCommand: CommandSequence };
    return { asset, events, throughCommand, streamSequence };
  }

  #isNew({ asset, events, throughCommand }: EventBatch): boolean {
    return events.length > 0 || throughCommand > this.#state(asset).throughCommand;
  }

  async #loadOrders({ asset, events }: EventBatch): Promise<void> {
    const { orders } = this.#state(asset);
    for (const order of await this.#store.orders(asset, ordersNeeded(events, orders))) orders.set(order.orderId, order);
  }

  async #readBudgets(batches: readonly EventBatch[]): Promise<ReadonlyMap<string, BudgetsAsked>> {
    const budgets = batches.map(
      async ({ asset, events }) => [asset, await this.#store.budgetsAsked(asset, budgetOrders(events))] as const,
    );
    return new Map(await Promise.all(budgets));
  }

  async #settleAll(
    batches: readonly EventBatch[],
    budgets: ReadonlyMap<string, BudgetsAsked>,
  ): Promise<AssetSettlement[]> {
    try {
      return batches.map((batch) => this.#settle(batch, budgets.get(batch.asset)));
    } catch (cause) {
      await this.#assertAlone(batches, cause);
      throw cause;
    }
  }

  /** Rejects with Fenced if another process has settled the assets further: then the orders, not the events, are wrong. */
  async #assertAlone(batches: readonly EventBatch[], cause: unknown): Promise<void> {
    for (const { asset } of batches) {
      const { reached } = this.#state(asset);
      const { eventSequence } = await this.#store.position(asset);
      if (eventSequence !== reached)
        throw new Fenced(`${asset} is settled through event ${eventSequence}, not ${reached}, by another process`, {
          cause,
        });
    }
  }

  #settle(
    { asset, events, streamSequence, throughCommand }: EventBatch,
    budgets: BudgetsAsked | undefined,
  ): AssetSettlement {
    const { reached, holdThroughCommand, orders } = this.#state(asset);
    const terms = this.#registry.assets.get(asset);
    if (terms === undefined) throw new InvariantBroken(`${asset} is settled and not in the assets file`);
    const settlement = judgingInput(asset, () => settle(events, reached, orders, terms, budgets));
    // A command's hold ends with its first event, which may be in an earlier batch than its last.
    const held = Math.max(holdThroughCommand, throughCommand, settlement.holdThroughCommand);
    const position = { from: reached, streamSequence, throughCommand };
    return { asset, ...settlement, ...position, holdThroughCommand: commandSequence(held) };
  }

  /** Publishes in the order of the settlements, on one connection: an account's reports arrive in their sequence. */
  async #notify(
    settlements: readonly AssetSettlement[],
    { sequences, throughLogIds, decisions }: Stored,
  ): Promise<void> {
    const settledUs = nowUs();
    let index = 0;
    const announced = settlements.map(({ asset, trades, reports, stateChange }) => {
      const sequenced = reports.map(
        (report): SequencedReport =>
          Object.assign(report, { accountSequence: sequences[index++] as SequencedReport["accountSequence"] }),
      );
      this.#trades.inc({ asset }, trades.length);
      if (reports[0] !== undefined) this.#settledSeconds.observe((settledUs - reports[0].receivedAtUs) / 1e6);
      const status = stateChange === null ? null : statusOf(stateChange, decisions.get(asset));
      const throughLogId = throughLogIds.get(asset) ?? logId(0);
      return this.#announce(asset, { trades: trades.map(publicTrade), reports: sequenced, status, throughLogId });
    });
    await Promise.all(announced);
  }

  /** Never rejects: what a notification that was not stored says is in Postgres, and the next one asks for a resync. */
  async #announce(
    asset: string,
    { trades, reports, status, throughLogId }: Omit<NotificationBatch, "resync">,
  ): Promise<void> {
    const state = this.#state(asset);
    const before = state.throughLogId;
    state.throughLogId = throughLogId;
    const parts = Math.max(1, Math.ceil(Math.max(trades.length, reports.length) / ITEMS_PER_MESSAGE_MAX));
    const stored = Array.from({ length: parts }, (_, part) => {
      const [start, end] = [part * ITEMS_PER_MESSAGE_MAX, (part + 1) * ITEMS_PER_MESSAGE_MAX];
      const batch = {
        trades: trades.slice(start, end),
        reports: reports.slice(start, end),
        status: part === 0 ? status : null,
        resync: state.mustResync,
        throughLogId: part === parts - 1 ? throughLogId : before,
      };
      const payload = encodeNotificationBatch(batch);
      return this.#bus.publish(subjectOf(TOPOLOGY[this.name].output, asset), payload, {
        deadlineMs: PUBLISH_TIMEOUT_MS,
      });
    });
    const outcomes = await Promise.all(stored);
    state.mustResync = outcomes.some(({ kind }) => kind !== "stored");
    if (state.mustResync) this.#service.log.warn({ asset, outcomes }, "a notification was not stored");
  }

  #forget(asset: string, touched: readonly OrderRecord[]): void {
    const { orders } = this.#state(asset);
    for (const order of touched) if (isDone(order)) orders.delete(order.orderId);
    for (const id of orders.keys()) {
      if (orders.size <= CACHED_ORDERS_MAX) break;
      orders.delete(id);
    }
  }

  #state(asset: string): AssetState {
    const state = this.#assets.get(asset);
    if (state === undefined) throw new InvariantBroken(`${asset} was not recovered before its input was handled`);
    return state;
  }
}

function statusOf({ state, sinceUs, eventSequence }: StateChange, decision: Decision | undefined): AssetStatus {
  return { state, sinceUs, eventSequence, madeBy: decision?.madeBy ?? null, why: decision?.why ?? null };
}
