/** Settlement in Postgres: one transaction a batch, as described in docs/arch.md (Two transactions). */
import { columns, NO_ROWS } from "../shared/database/columns.js";
import type { Database, Statement } from "../shared/database/database.js";
import { fenceError, takePositions } from "../shared/database/positions.js";
import { type TermsRow, termsColumns, withTerms } from "../shared/database/stored-reports.js";
import type { OrderRecord } from "../shared/domain/order-record.js";
import {
  type AccountId,
  type AccountSequence,
  accountSequence,
  type CommandSequence,
  type CurrencyUnits,
  commandSequence,
  type EventSequence,
  eventSequence,
  type OrderId,
  type StreamSequence,
  streamSequence,
} from "../shared/domain/units.js";
import { changeBalances, insertPostings } from "./money-statements.js";
import type { Settlement } from "./settlement.js";

const SERVICE = "trade-processing";

export interface TradePosition {
  readonly eventSequence: EventSequence;
  readonly streamSequence: StreamSequence;
  readonly throughCommand: CommandSequence;
  /** The last command whose hold settlement has taken over. */
  readonly holdThroughCommand: CommandSequence;
}

export interface AssetSettlement extends Settlement {
  readonly asset: string;
  readonly from: EventSequence;
  readonly streamSequence: StreamSequence;
  readonly throughCommand: CommandSequence;
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

  async orders(asset: string, ids: readonly OrderId[]): Promise<OrderRecord[]> {
    if (ids.length === 0) return [];
    const rows = await this.#database.query<OrderRow>(
      `select order_id as "orderId", account_id as "accountId", client_order_id as "clientOrderId", side, type,
         time_in_force as "timeInForce", price_ticks as "priceTicks", ${termsColumns("orders")},
         quantity_lots as "quantityLots", filled_lots as "filledLots", leaves_lots as "leavesLots", status,
         received_at_us as "receivedAtUs", maker_fee_bps as "makerBps", taker_fee_bps as "takerBps",
         held_units as "heldUnits", fee_carry as "feeCarry"
       from orders where asset = $1 and order_id = any($2::bigint[])`,
      [asset, [...ids]],
    );
    return rows.map(({ makerBps, takerBps, ...order }) => {
      const feeRates = makerBps === null || takerBps === null ? null : { makerBps, takerBps };
      return { ...withTerms(order), feeRates };
    });
  }

  /** What the clients of these orders asked to spend; their commands say what is left of it for fills. */
  async budgetsAsked(asset: string, ids: readonly OrderId[]): Promise<Map<OrderId, CurrencyUnits>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#database.query<{ id: OrderId; units: CurrencyUnits }>(
      `select log_id as id, quote_budget_units as units from order_log
       where asset = $1 and log_id = any($2::bigint[]) and quote_budget_units is not null`,
      [asset, [...ids]],
    );
    return new Map(rows.map(({ id, units }) => [id, units]));
  }

  /**
   * Stores the settlements and moves the positions, all or nothing. Returns each report's account sequence, in the
   * order of the settlements and their reports. Rejects with Fenced when another has the asset.
   */
  async store(settlements: readonly AssetSettlement[]): Promise<AccountSequence[]> {
    const drawn = drawSequences(settlements);
    try {
      const [, , advanced = []] = await this.#database.transaction([
        takePositions(SERVICE, settlements),
        lockAccounts(drawn.counts),
        advanceSequences(drawn.counts),
        ...[
          insertReports(settlements, drawn.fromEnd),
          insertTrades(settlements),
          insertOrders(settlements),
          updateOrders(settlements),
          insertPostings(settlements),
          changeBalances(settlements),
        ].filter(hasRows),
      ]);
      const last = new Map(advanced.map((row) => [row["account_id"], row["last_sequence"] as number]));
      const accounts = settlements.flatMap(({ reports }) => reports.map((report) => report.accountId));
      return accounts.map((account, index) =>
        accountSequence((last.get(account) ?? Number.NaN) - (drawn.fromEnd[index] ?? 0)),
      );
    } catch (cause) {
      throw fenceError(SERVICE, cause);
    }
  }
}

type OrderRow = Omit<OrderRecord, "feeRates" | "terms"> &
  TermsRow & {
    readonly makerBps: number | null;
    readonly takerBps: number | null;
  };

const hasRows = ({ values }: Statement) => values?.[0] !== NO_ROWS;

interface DrawnSequences {
  /** Reports of each account in the batch. */
  readonly counts: ReadonlyMap<AccountId, number>;
  /** For each report, how many of its account's reports in this batch come after it. */
  readonly fromEnd: readonly number[];
}

function drawSequences(settlements: readonly AssetSettlement[]): DrawnSequences {
  const counts = new Map<AccountId, number>();
  const places = settlements.flatMap(({ reports }) =>
    reports.map(({ accountId }) => {
      const place = (counts.get(accountId) ?? 0) + 1;
      counts.set(accountId, place);
      return { accountId, place };
    }),
  );
  return { counts, fromEnd: places.map(({ accountId, place }) => (counts.get(accountId) ?? 0) - place) };
}

/** In the order of the ids: two instances that settle for the same accounts would deadlock otherwise. */
function lockAccounts(counts: ReadonlyMap<AccountId, number>): Statement {
  return {
    name: "lock_accounts",
    text: `select account_id from account_sequences where account_id = any($1::bigint[]) order by account_id for update`,
    values: [[...counts.keys()]],
  };
}

function advanceSequences(counts: ReadonlyMap<AccountId, number>): Statement {
  return {
    name: "advance_sequences",
    text: `update account_sequences s set last_sequence = s.last_sequence + c.count
      from unnest($1::bigint[], $2::bigint[]) as c(account_id, count)
      where s.account_id = c.account_id returning s.account_id, s.last_sequence`,
    values: [[...counts.keys()], [...counts.values()]],
  };
}

function insertReports(settlements: readonly AssetSettlement[], fromEnd: readonly number[]): Statement {
  const rows = settlements.flatMap(({ asset, reports }) => reports.map((report) => ({ asset, report })));
  const values = columns(
    rows,
    ({ report }) => report.accountId,
    ({ asset }) => asset,
    ({ report }) => report.eventSequence,
    ({ report }) => report.event,
    ({ report }) => report.status,
    ({ report }) => report.orderId,
    ({ report }) => report.clientOrderId,
    ({ report }) => report.side,
    ({ report }) => report.type,
    ({ report }) => report.timeInForce,
    ({ report }) => report.priceTicks,
    ({ report }) => report.quantityLots,
    ({ report }) => report.filledLots,
    ({ report }) => report.leavesLots,
    ({ report }) => report.tradeId,
    ({ report }) => report.lastPriceTicks,
    ({ report }) => report.lastQuantityLots,
    ({ report }) => report.liquidity,
    ({ report }) => report.feeUnits,
    ({ report }) => report.reason,
    ({ report }) => report.receivedAtUs,
    ({ report }) => report.matchedAtUs,
  );
  return {
    name: "insert_reports",
    text: `insert into execution_reports (account_id, account_sequence, asset, event_sequence, event, status, order_id,
        client_order_id, side, type, time_in_force, price_ticks, quantity_lots, filled_lots, leaves_lots, trade_id,
        last_price_ticks, last_quantity_lots, liquidity, fee_units, reason, received_at_us, matched_at_us)
      select r.account_id, s.last_sequence - r.from_end, r.asset, r.event_sequence, r.event, r.status, r.order_id,
        r.client_order_id, r.side, r.type, r.time_in_force, r.price_ticks, r.quantity_lots, r.filled_lots, r.leaves_lots,
        r.trade_id, r.last_price_ticks, r.last_quantity_lots, r.liquidity, r.fee_units, r.reason, r.received_at_us, r.matched_at_us
      from unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bigint[], $8::text[],
        $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[],
        $17::bigint[], $18::bigint[], $19::text[], $20::bigint[], $21::text[], $22::bigint[], $23::bigint[])
        as r(account_id, from_end, asset, event_sequence, event, status, order_id, client_order_id, side, type,
          time_in_force, price_ticks, quantity_lots, filled_lots, leaves_lots, trade_id, last_price_ticks,
          last_quantity_lots, liquidity, fee_units, reason, received_at_us, matched_at_us)
      join account_sequences s on s.account_id = r.account_id`,
    values: [values[0], fromEnd, ...values.slice(1)],
  };
}

function insertTrades(settlements: readonly AssetSettlement[]): Statement {
  const rows = settlements.flatMap(({ asset, trades }) => trades.map((trade) => ({ asset, trade })));
  return {
    name: "insert_trades",
    text: `insert into trades (asset, trade_id, event_sequence, maker_order_id, taker_order_id, maker_account_id,
        taker_account_id, price_ticks, quantity_lots, taker_side, executed_at_us, maker_fee_units, taker_fee_units)
      select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[])`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ trade }) => trade.tradeId,
      ({ trade }) => trade.eventSequence,
      ({ trade }) => trade.makerOrderId,
      ({ trade }) => trade.takerOrderId,
      ({ trade }) => trade.makerAccountId,
      ({ trade }) => trade.takerAccountId,
      ({ trade }) => trade.priceTicks,
      ({ trade }) => trade.quantityLots,
      ({ trade }) => trade.takerSide,
      ({ trade }) => trade.executedAtUs,
      ({ trade }) => trade.fees?.makerFeeUnits,
      ({ trade }) => trade.fees?.takerFeeUnits,
    ),
  };
}

function insertOrders(settlements: readonly AssetSettlement[]): Statement {
  const rows = settlements.flatMap(({ asset, newOrders, settledAtUs }) =>
    newOrders.map((order) => ({ asset, order, settledAtUs })),
  );
  return {
    name: "insert_orders",
    text: `insert into orders (asset, order_id, account_id, client_order_id, side, type, time_in_force, price_ticks,
        stop_price_ticks, quantity_lots, filled_lots, leaves_lots, status, received_at_us, maker_fee_bps,
        taker_fee_bps, held_units, fee_carry, updated_at_us, display_lots, minimum_lots, post_only, expires_at_ms,
        quote_budget_units, self_trade_prevention)
      select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::text[], $14::bigint[],
        $15::integer[], $16::integer[], $17::bigint[], $18::integer[], $19::bigint[], $20::bigint[], $21::bigint[],
        $22::boolean[], $23::bigint[], $24::bigint[], $25::text[])`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ order }) => order.orderId,
      ({ order }) => order.accountId,
      ({ order }) => order.clientOrderId,
      ({ order }) => order.side,
      ({ order }) => order.type,
      ({ order }) => order.timeInForce,
      ({ order }) => order.priceTicks,
      ({ order }) => order.terms.stopPriceTicks,
      ({ order }) => order.quantityLots,
      ({ order }) => order.filledLots,
      ({ order }) => order.leavesLots,
      ({ order }) => order.status,
      ({ order }) => order.receivedAtUs,
      ({ order }) => order.feeRates?.makerBps,
      ({ order }) => order.feeRates?.takerBps,
      ({ order }) => order.heldUnits,
      ({ order }) => order.feeCarry,
      ({ settledAtUs }) => settledAtUs,
      ({ order }) => order.terms.displayLots,
      ({ order }) => order.terms.minimumLots,
      ({ order }) => order.terms.postOnly,
      ({ order }) => order.terms.expiresAtMs,
      ({ order }) => order.terms.quoteBudgetUnits,
      ({ order }) => order.terms.selfTradePrevention,
    ),
  };
}

function updateOrders(settlements: readonly AssetSettlement[]): Statement {
  const rows = settlements.flatMap(({ asset, changedOrders, settledAtUs }) =>
    changedOrders.map((order) => ({ asset, order, settledAtUs })),
  );
  return {
    name: "update_orders",
    text: `update orders o set client_order_id = c.client_order_id, price_ticks = c.price_ticks,
        quantity_lots = c.quantity_lots, filled_lots = c.filled_lots, leaves_lots = c.leaves_lots, status = c.status,
        held_units = c.held_units, fee_carry = c.fee_carry, updated_at_us = c.updated_at_us
      from unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::text[], $9::bigint[], $10::integer[], $11::bigint[]) as c(asset, order_id, client_order_id, price_ticks,
        quantity_lots, filled_lots, leaves_lots, status, held_units, fee_carry, updated_at_us)
      where o.asset = c.asset and o.order_id = c.order_id`,
    values: columns(
      rows,
      ({ asset }) => asset,
      ({ order }) => order.orderId,
      ({ order }) => order.clientOrderId,
      ({ order }) => order.priceTicks,
      ({ order }) => order.quantityLots,
      ({ order }) => order.filledLots,
      ({ order }) => order.leavesLots,
      ({ order }) => order.status,
      ({ order }) => order.heldUnits,
      ({ order }) => order.feeCarry,
      ({ settledAtUs }) => settledAtUs,
    ),
  };
}
