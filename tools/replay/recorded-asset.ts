/** One asset of a running pipeline, read only: its commands, its snapshots, and what came of them. */
import { createEngine, type Engine } from "@bourse/matching-core";
import { PublishedOutput } from "../../src/matching-engine/published-output.js";
import { type RestoredEngine, SnapshotStore } from "../../src/matching-engine/snapshot-store.js";
import { readRange } from "../../src/matching-engine/subject-range.js";
import type { Bus } from "../../src/shared/bus/bus.js";
import { subjectOf } from "../../src/shared/bus/subjects.js";
import type { Database } from "../../src/shared/database/database.js";
import { readStoredCommands } from "../../src/shared/database/stored-commands.js";
import type { Asset } from "../../src/shared/domain/assets.js";
import type { Command, EngineEvent, Trade } from "../../src/shared/domain/messages.js";
import { type StreamSequence, streamSequence } from "../../src/shared/domain/units.js";
import { decodeCommandBatch, decodeExecutionBatch, decodeExecutionRows } from "../../src/shared/wire/pipeline-codec.js";
import { Difference } from "./replay-run.js";

const ROWS_PER_QUERY = 5_000;
const COMMANDS_AT_ONCE = 2_000;

export interface ReplayStart {
  readonly engine: Engine;
  readonly commandsThrough: StreamSequence;
  readonly executionsThrough: StreamSequence;
}

export class RecordedAsset {
  readonly #bus: Bus;
  readonly #database: Database;
  readonly #terms: Asset;
  readonly #store: SnapshotStore;

  constructor(bus: Bus, database: Database, terms: Asset) {
    this.#bus = bus;
    this.#database = database;
    this.#terms = terms;
    this.#store = new SnapshotStore(bus);
  }

  /** From the newest snapshot before that command, or from nothing. */
  async startBefore(command: number, usesSnapshots: boolean): Promise<ReplayStart> {
    const [newest] = usesSnapshots ? (await this.snapshots()).filter((at) => at < command) : [];
    if (newest !== undefined) return await this.snapshot(newest);
    const [commandsThrough, executionsThrough] = [streamSequence(0), streamSequence(0)];
    return { engine: createEngine(this.#terms), commandsThrough, executionsThrough };
  }

  /** The commands that whole snapshots stand for, the newest first. */
  async snapshots(): Promise<number[]> {
    const stored = await this.#store.list(this.#terms.asset);
    return stored.filter(({ isWhole }) => isWhole).map(({ commandSequence }) => commandSequence);
  }

  async snapshot(command: number): Promise<RestoredEngine> {
    const stored = (await this.#store.list(this.#terms.asset)).find(
      ({ commandSequence }) => commandSequence === command,
    );
    if (stored === undefined) throw new Error(`the snapshot of command ${command} is gone`);
    return await this.#store.load(stored, this.#terms);
  }

  async *commands(after: StreamSequence): AsyncGenerator<readonly Command[]> {
    const subject = subjectOf("COMMANDS", this.#terms.asset);
    const last = await this.#bus.lastMessage("COMMANDS", subject);
    if (last === null) return;
    const range = { stream: "COMMANDS", subject, after, through: last.streamSequence } as const;
    let gathered: Command[] = [];
    for await (const { data } of readRange(this.#bus, range)) {
      gathered.push(...decodeCommandBatch(data));
      if (gathered.length < COMMANDS_AT_ONCE) continue;
      yield gathered;
      gathered = [];
    }
    yield gathered;
  }

  async *storedCommands(after: number): AsyncGenerator<readonly Command[]> {
    for (let last = after; ; ) {
      const commands = await readStoredCommands(this.#database, this.#terms.asset, last, ROWS_PER_QUERY);
      if (commands.length > 0) yield commands;
      if (commands.length < ROWS_PER_QUERY) return;
      last = commands.at(-1)?.commandSequence ?? last;
    }
  }

  /** What EXECUTIONS hold after the start; null: nothing, or not all of it any more. */
  async publishedAfter({ engine, executionsThrough: after }: ReplayStart): Promise<PublishedOutput | null> {
    const subject = subjectOf("EXECUTIONS", this.#terms.asset);
    const [first, last] = await Promise.all([
      this.#bus.nextMessage("EXECUTIONS", subject, after),
      this.#bus.lastMessage("EXECUTIONS", subject),
    ]);
    if (first === null || last === null) return null;
    if (decodeExecutionRows(first.data).firstEventSequence !== engine.lastEventSequence + 1) return null;
    const range = { stream: "EXECUTIONS", subject, after, through: last.streamSequence } as const;
    return new PublishedOutput(readRange(this.#bus, range), last);
  }

  /** The published events of the commands of a window. */
  async events(after: StreamSequence, from: number, to: number): Promise<EngineEvent[]> {
    const subject = subjectOf("EXECUTIONS", this.#terms.asset);
    const last = await this.#bus.lastMessage("EXECUTIONS", subject);
    const events: EngineEvent[] = [];
    if (last === null) return events;
    const range = { stream: "EXECUTIONS", subject, after, through: last.streamSequence } as const;
    for await (const { data } of readRange(this.#bus, range)) {
      const batch = decodeExecutionBatch(data);
      events.push(...batch.events.filter(({ commandSequence: at }) => from <= at && at <= to));
      if (batch.throughCommand >= to) break;
    }
    return events;
  }

  /** Throws a Difference. Trades that are not settled yet are not missed. */
  async checkTrades(trades: readonly Trade[]): Promise<void> {
    const [first, last] = [trades[0], trades.at(-1)];
    if (first === undefined || last === undefined) return;
    const rows = await this.#database.query<Record<string, number>>(
      `select trade_id, maker_order_id, taker_order_id, price_ticks, quantity_lots from trades
       where asset = $1 and trade_id between $2 and $3 order by trade_id`,
      [this.#terms.asset, first.tradeId, last.tradeId],
    );
    rows.forEach((row, index) => {
      const trade = trades[index] as Trade;
      const { tradeId, makerOrderId, takerOrderId, priceTicks, quantityLots } = trade;
      const again = [tradeId, makerOrderId, takerOrderId, priceTicks, quantityLots];
      const settled = Object.values(row);
      if (again.some((value, at) => value !== settled[at]))
        throw new Difference(`the replay gave ${JSON.stringify(trade)}, but Postgres holds ${JSON.stringify(row)}`);
    });
  }
}
