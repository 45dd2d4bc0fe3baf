/**
 * One asset's market as it must be: the naive engine and settlement's pure part over the commands of order_log, compared
 * with both streams between the services and with every row of trades, reports and orders.
 */
import { isDeepStrictEqual } from "node:util";
import { createNaiveEngine } from "../../packages/matching-core/test/support/naive-engine/naive-engine.js";
import { readRange } from "../../src/matching-engine/subject-range.js";
import { CommandStore } from "../../src/order-processing/command-store.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import { ORDER_OF_REPORT, REPORT_COLUMNS, type ReportRow, reportOf } from "../../src/shared/database/stored-reports.js";
import type { Asset } from "../../src/shared/domain/assets.js";
import type { Command, EngineEvent } from "../../src/shared/domain/messages.js";
import type { OrderRecord } from "../../src/shared/domain/order-record.js";
import {
  type CommandSequence,
  type EventSequence,
  type OrderId,
  type StreamSequence,
  streamSequence,
} from "../../src/shared/domain/units.js";
import { decodeCommandBatch, decodeExecutionBatch } from "../../src/shared/wire/pipeline-codec.js";
import { budgetOrders, type Settlement, settle } from "../../src/trade-processing/settlement.js";
import { TradeStore } from "../../src/trade-processing/trade-store.js";
import { type Difference, fieldsThatDiffer } from "./difference.js";
import type { World } from "./world.js";

const PAGE = 5_000;
const ORDERS_PAGE = 10_000;

const TRADES = `select trade_id as "tradeId", event_sequence as "eventSequence", maker_order_id as "makerOrderId",
    taker_order_id as "takerOrderId", maker_account_id as "makerAccountId", taker_account_id as "takerAccountId",
    price_ticks as "priceTicks", quantity_lots as "quantityLots", taker_side as "takerSide",
    executed_at_us as "executedAtUs", maker_fee_units as "makerFeeUnits", taker_fee_units as "takerFeeUnits"
  from trades where asset = $1 and event_sequence > $2 and event_sequence <= $3 order by trade_id`;

const REPORTS = `select ${REPORT_COLUMNS}, r.event_sequence as "eventSequence" from execution_reports r ${ORDER_OF_REPORT}
  where r.asset = $1 and r.event_sequence > $2 and r.event_sequence <= $3
  order by r.event_sequence, r.account_id, r.account_sequence`;

type Reported = ReportRow & { readonly eventSequence: EventSequence };

/** Where something sequenced stands: what was compared up to here is right. */
interface Place {
  stream: StreamSequence;
  sequence: number;
}

export class MarketOracle {
  readonly #world: World;
  readonly #asset: Asset;
  readonly #engine;
  readonly #log: CommandStore;
  readonly #trades: TradeStore;
  readonly #orders = new Map<OrderId, OrderRecord>();
  readonly #commandsCompared: Place = { stream: streamSequence(0), sequence: 0 };
  readonly #eventsCompared: Place = { stream: streamSequence(0), sequence: 0 };

  /** Whether the streams between the services begin in the middle. */
  readonly #hasGoneBack: boolean;

  constructor(world: World, asset: Asset, hasGoneBack: boolean) {
    this.#hasGoneBack = hasGoneBack;
    this.#world = world;
    this.#asset = asset;
    this.#engine = createNaiveEngine(asset);
    this.#log = new CommandStore(world.database, world.registry.openOrdersPerAccountMax);
    this.#trades = new TradeStore(world.database);
  }

  get throughCommand(): CommandSequence {
    return this.#engine.lastCommandSequence;
  }

  /** Goes on from where it was to the given command, which must be settled. */
  async *differences(through: CommandSequence): AsyncGenerator<Difference> {
    const after = this.#engine.lastEventSequence;
    const [commands, events]: [Command[], EngineEvent[]] = [[], []];
    while (this.throughCommand < through) {
      const page = await this.#log.commandsAfter(this.#asset.asset, this.throughCommand, PAGE);
      for (const command of page) {
        if (command.commandSequence > through) break;
        if (command.commandSequence !== this.throughCommand + 1)
          return yield this.#lost(`command ${this.throughCommand + 1} in order_log`);
        commands.push(command);
        events.push(...this.#engine.apply(command));
      }
    }
    yield* this.#comparedStream("COMMANDS", this.#commandsCompared, commands, "commandSequence", (data) =>
      decodeCommandBatch(data),
    );
    yield* this.#comparedStream("EXECUTIONS", this.#eventsCompared, events, "eventSequence", (data) => [
      ...decodeExecutionBatch(data).events,
    ]);
    const budgets = await this.#trades.budgetsAsked(this.#asset.asset, budgetOrders(events));
    const settlement = settle(events, after, this.#orders, this.#asset, budgets);
    const range = [this.#asset.asset, after, this.#engine.lastEventSequence];
    yield* this.#comparedTrades(settlement, range);
    yield* this.#comparedReports(settlement, range);
    yield* this.#comparedOrders(settlement);
  }

  /** A stream holds each item once, in sequence, and as it was decided. */
  async *#comparedStream<T extends object, Name extends keyof T & string>(
    stream: "COMMANDS" | "EXECUTIONS",
    place: Place,
    expected: readonly T[],
    name: Name,
    decode: (data: Uint8Array) => readonly T[],
  ): AsyncGenerator<Difference> {
    const through = place.sequence + expected.length;
    const subject = subjectOf(stream, this.#asset.asset);
    const last = await this.#world.bus.lastMessage(stream, subject);
    if (last === null && expected.length === 0) return;
    if (last === null) return yield this.#lost(`everything of ${stream}`);
    const [first, after] = [place.sequence + 1, place.stream];
    for await (const message of readRange(this.#world.bus, { stream, subject, after, through: last.streamSequence })) {
      const items = decode(message.data);
      for (const item of items) {
        const sequence = item[name] as number;
        if (this.#hasGoneBack && place.sequence === 0) place.sequence = sequence - 1;
        if (sequence > through) return; // comes to its turn the next time, with its message
        if (sequence <= place.sequence) {
          if (sequence < first) continue; // of a message that was not compared to its end
          yield { kind: "doubled", text: `${name} ${sequence} of ${subject} is there twice` };
        } else if (sequence > place.sequence + 1)
          return yield this.#lost(`${name} ${place.sequence + 1} of ${subject}`);
        else {
          place.sequence = sequence;
          if (!isDeepStrictEqual(item, expected[sequence - first]))
            yield this.#differing(`${stream} ${sequence}`, expected[sequence - first] as T, item);
        }
      }
      place.stream = message.streamSequence;
    }
    if (place.sequence < through) yield this.#lost(`${name} ${place.sequence + 1} of ${subject}`);
  }

  async *#comparedTrades({ trades }: Settlement, range: unknown[]): AsyncGenerator<Difference> {
    const rows = await this.#world.database.query<{ tradeId: number }>(TRADES, range);
    const expected = trades.map(({ fees, kind: _, makerLeavesLots: __, takerLeavesLots: ___, ...trade }) => {
      return { ...trade, makerFeeUnits: fees?.makerFeeUnits ?? null, takerFeeUnits: fees?.takerFeeUnits ?? null };
    });
    yield* this.#comparedRows("trade", expected, rows, ({ tradeId }) => `${tradeId}`);
  }

  async *#comparedReports({ reports }: Settlement, range: unknown[]): AsyncGenerator<Difference> {
    const rows = (await this.#world.database.query<Reported>(REPORTS, range)).map(reportOf);
    const sorted = [...reports].sort((a, b) => a.eventSequence - b.eventSequence || a.accountId - b.accountId);
    yield* this.#comparedRows("report of event", sorted, rows, (row) => `${row.eventSequence} to ${row.accountId}`);
  }

  /** In the same order; what has no partner under its name is missing, or one too many. */
  *#comparedRows<Row extends object>(
    what: string,
    expected: readonly Row[],
    found: readonly Row[],
    nameOf: (row: Row) => string,
  ): Generator<Difference> {
    const left = new Map<string, Row[]>();
    for (const row of found) left.set(nameOf(row), [...(left.get(nameOf(row)) ?? []), row]);
    for (const row of expected) {
      const name = nameOf(row);
      const match = left.get(name)?.shift();
      if (match === undefined) yield this.#lost(`${what} ${name}`);
      else {
        const differing = fieldsThatDiffer(row, match);
        if (differing !== null) yield { kind: "differing", text: `${this.#asset.asset} ${what} ${name}: ${differing}` };
      }
    }
    for (const [name, rows] of left)
      for (const _ of rows) yield { kind: "doubled", text: `${this.#asset.asset} ${what} ${name} should not be there` };
  }

  async *#comparedOrders({ newOrders, changedOrders }: Settlement): AsyncGenerator<Difference> {
    const touched = [...newOrders, ...changedOrders];
    for (let at = 0; at < touched.length; at += ORDERS_PAGE) {
      const page = touched.slice(at, at + ORDERS_PAGE);
      const ids = page.map(({ orderId }) => orderId);
      const rows = new Map((await this.#trades.orders(this.#asset.asset, ids)).map((row) => [row.orderId, row]));
      for (const order of page) {
        const row = rows.get(order.orderId);
        const differing = fieldsThatDiffer(order, row);
        if (row === undefined) yield this.#lost(`order ${order.orderId}`);
        else if (differing !== null) yield this.#differing(`order ${order.orderId}`, order, row);
      }
    }
  }

  #lost(what: string): Difference {
    return { kind: "lost", text: `${this.#asset.asset}: ${what} is missing` };
  }

  #differing(what: string, expected: object, found: object): Difference {
    const fields = fieldsThatDiffer(expected, found) ?? "fields that should not be there";
    return { kind: "differing", text: `${this.#asset.asset} ${what}: ${fields}` };
  }
}
