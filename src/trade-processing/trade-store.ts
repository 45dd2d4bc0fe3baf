/** Settlement in Postgres: one transaction a batch, as described in docs/arch.md (Two transactions). */
import { hasRows } from "../shared/database/columns.js";
import type { Database } from "../shared/database/database.js";
import { recentDays } from "../shared/database/history-days.js";
import { fenceError, takePositions } from "../shared/database/positions.js";
import { type TermsRow, termsColumns, withTerms } from "../shared/database/stored-reports.js";
import type { OrderRecord } from "../shared/domain/order-record.js";
import {
  type AccountSequence,
  accountSequence,
  type CommandSequence,
  type CurrencyUnits,
  commandSequence,
  type EventSequence,
  eventSequence,
  type LogId,
  logId,
  type OrderId,
  type StreamSequence,
  streamSequence,
} from "../shared/domain/units.js";
import { addToCandles } from "./candle-statements.js";
import { lastRequests, logIdsOf } from "./log-statements.js";
import { changeBalances, insertPostings } from "./money-statements.js";
import { insertOrders, insertTrades, updateOrders } from "./order-statements.js";
import { advanceSequences, drawSequences, insertReports, lockAccounts } from "./report-statements.js";
import type { Settlement } from "./settlement.js";
import { type Decision, decisionsOf, setBookStates } from "./state-statements.js";

const SERVICE = "trade-processing";

export interface TradePosition {
  readonly eventSequence: EventSequence;
  readonly streamSequence: StreamSequence;
  readonly throughCommand: CommandSequence;
  /** The last command whose hold has passed to an order, or was released. */
  readonly holdThroughCommand: CommandSequence;
}

export interface AssetSettlement extends Settlement {
  readonly asset: string;
  readonly from: EventSequence;
  readonly streamSequence: StreamSequence;
  readonly throughCommand: CommandSequence;
}

export interface Stored {
  /** Each report's account sequence, in the order of the settlements and their reports. */
  readonly sequences: readonly AccountSequence[];
  /** By asset, the last client's request among the commands through which it is settled; absent: there was none yet. */
  readonly throughLogIds: ReadonlyMap<string, LogId>;
  /** By asset, of the states that have changed. */
  readonly decisions: ReadonlyMap<string, Decision>;
}

export class TradeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async position(asset: string): Promise<TradePosition> {
    const [row] = await this.#database.query<Record<string, number>>(
      `select sequence, stream_sequence, command_sequence, hold_command_sequence from consumer_positions
       where service = $1 and asset = $2`,
      [SERVICE, asset],
    );
    return {
      eventSequence: eventSequence(row?.["sequence"] ?? 0),
      streamSequence: streamSequence(row?.["stream_sequence"] ?? 0),
      throughCommand: commandSequence(row?.["command_sequence"] ?? 0),
      holdThroughCommand: commandSequence(row?.["hold_command_sequence"] ?? 0),
    };
  }

  /** The last client's request among the commands through that one; 0: there is none. */
  async throughLogId(asset: string, throughCommand: CommandSequence): Promise<LogId> {
    const { text, values } = lastRequests([{ asset, throughCommand }]);
    return logIdsOf(await this.#database.query(text, values)).get(asset) ?? logId(0);
  }

  async orders(asset: string, ids: readonly OrderId[]): Promise<OrderRecord[]> {
    const read = (which: string, missing: readonly OrderId[], days: readonly string[]) =>
      this.#database.query<OrderRow>(`${ORDERS} and ${which}`, [asset, [...missing], ...days]);
    const rows = await this.#nearFirst<OrderRow>(ids, ({ orderId }) => orderId, {
      near: (all, days) => read("day in ($3::date, $4::date, 'infinity')", all, days),
      elsewhere: (missing, days) => read("day not in ($3::date, $4::date, 'infinity')", missing, days),
    });
    return rows.map(({ makerBps, takerBps, ...order }) => {
      const feeRates = makerBps === null || takerBps === null ? null : { makerBps, takerBps };
      return { ...withTerms(order), feeRates };
    });
  }

  /** By order, the quote budget that its client asked to spend. */
  async budgetsAsked(asset: string, ids: readonly OrderId[]): Promise<Map<OrderId, CurrencyUnits>> {
    const read = (which: string, missing: readonly OrderId[], days: readonly string[]) =>
      this.#database.query<BudgetRow>(`${BUDGETS} and ${which}`, [asset, [...missing], ...days]);
    const rows = await this.#nearFirst<BudgetRow>(ids, ({ id }) => id, {
      near: (all, days) => read("day in ($3::date, $4::date)", all, days),
      elsewhere: (missing, days) => read("day not in ($3::date, $4::date)", missing, days),
    });
    return new Map(rows.map(({ id, units }) => [id, units]));
  }

  /** Reads rows where they should be, then those that are not there wherever they are. */
  async #nearFirst<R>(
    ids: readonly OrderId[],
    idOf: (row: R) => OrderId,
    { near, elsewhere }: Places<R>,
  ): Promise<R[]> {
    if (ids.length === 0) return [];
    const days = recentDays();
    const rows = await near(ids, days);
    if (rows.length === ids.length) return rows;
    const found = new Set(rows.map(idOf));
    return [
      ...rows,
      ...(await elsewhere(
        ids.filter((id) => !found.has(id)),
        days,
      )),
    ];
  }

  /** Stores the settlements and moves the positions, all or nothing. Rejects with Fenced when another process has the asset. */
  async store(settlements: readonly AssetSettlement[]): Promise<Stored> {
    const drawn = drawSequences(settlements);
    const states = setBookStates(settlements);
    const through = lastRequests(settlements);
    const first = [
      through,
      takePositions(SERVICE, settlements),
      lockAccounts(drawn.counts),
      advanceSequences(drawn.counts),
    ];
    const rows = [
      insertReports(settlements, drawn.fromEnd),
      insertTrades(settlements),
      addToCandles(settlements),
      insertOrders(settlements),
      updateOrders(settlements),
      states,
      insertPostings(settlements),
      changeBalances(settlements),
    ].filter(hasRows);
    try {
      const results = await this.#database.transaction([...first, ...rows]);
      const [requests = [], , , advanced = []] = results;
      const last = new Map(advanced.map((row) => [row["account_id"], row["last_sequence"] as number]));
      const accounts = settlements.flatMap(({ reports }) => reports.map((report) => report.accountId));
      const sequences = accounts.map((account, index) =>
        accountSequence((last.get(account) ?? Number.NaN) - (drawn.fromEnd[index] ?? 0)),
      );
      const returned = rows.includes(states) ? results[first.length + rows.indexOf(states)] : undefined;
      return { sequences, throughLogIds: logIdsOf(requests), decisions: decisionsOf(returned ?? []) };
    } catch (cause) {
      throw fenceError(SERVICE, cause);
    }
  }
}

const ORDERS = `select order_id as "orderId", account_id as "accountId", client_order_id as "clientOrderId", side, type,
    time_in_force as "timeInForce", price_ticks as "priceTicks", ${termsColumns("orders")},
    quantity_lots as "quantityLots", filled_lots as "filledLots", leaves_lots as "leavesLots", status,
    received_at_us as "receivedAtUs", maker_fee_bps as "makerBps", taker_fee_bps as "takerBps",
    held_units as "heldUnits", fee_carry as "feeCarry"
  from orders where asset = $1 and order_id = any($2::bigint[])`;

const BUDGETS = `select log_id as id, quote_budget_units as units from order_log
  where asset = $1 and log_id = any($2::bigint[]) and quote_budget_units is not null`;

interface BudgetRow {
  readonly id: OrderId;
  readonly units: CurrencyUnits;
}

interface Places<R> {
  near(ids: readonly OrderId[], days: readonly string[]): Promise<R[]>;
  elsewhere(ids: readonly OrderId[], days: readonly string[]): Promise<R[]>;
}

type OrderRow = Omit<OrderRecord, "feeRates" | "terms"> &
  TermsRow & {
    readonly makerBps: number | null;
    readonly takerBps: number | null;
  };
