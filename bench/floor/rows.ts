/**
 * The rows of an order in both transactions: as many, of the same columns, as order-processing and trade-processing write
 * for the load generator's orders, and nothing decided. What is immediate trades with the oldest order of the other side,
 * whatever the prices; a lot is worth the same everywhere; a trade costs a fixed fee. Pure.
 */
import type { Statement } from "../../src/shared/database/database.js";
import { type Account, Changes, type Logged, type Market, type Order } from "./market.js";
import { Table } from "./tables.js";

const UNITS_PER_LOT = 1_000;
const FEE_UNITS = 1;
const FEES_ACCOUNT = 9_007_199_254_740_991;
const OTHER = { buy: "sell", sell: "buy" } as const;

interface Fill {
  readonly tradeId: number | null;
  readonly price: number | null;
  readonly lots: number | null;
  readonly liquidity: "maker" | "taker" | null;
  readonly fee: number | null;
}
const NO_FILL: Fill = { tradeId: null, price: null, lots: null, liquidity: null, fee: null };

type Entry = Readonly<{ market: Market; kind: string; sequence: number; atUs: number }>;

const lifetime = ({ request }: Logged) => (request.isImmediate ? "IOC" : "GTC");
const heldCurrency = ({ side, market }: Logged) => (side === "buy" ? market.quote : market.base);
const positions = () =>
  Table.updated(
    "consumer_positions",
    "service text, asset text, sequence bigint, command bigint",
    "sequence = c.sequence, command_sequence = c.command, hold_command_sequence = c.command",
    "t.service = c.service and t.asset = c.asset",
  );

/** What both transactions end with: the ledger, and one change a balance, however often a batch touches it. */
class Money {
  readonly #changes = new Changes();
  readonly #postings = Table.inserted(
    "ledger_entries",
    `source text, kind text, sequence bigint, account_id bigint, currency text, available_change bigint,
     held_change bigint, at_us bigint`,
  );
  readonly #balances = Table.updated(
    "balances",
    "account_id bigint, currency text, available bigint, held bigint, open_orders integer",
    "available = t.available + c.available, held = t.held + c.held, open_orders = t.open_orders + c.open_orders",
    "t.account_id = c.account_id and t.currency = c.currency",
  );

  post(entry: Entry, accountId: number, currency: string, available: number, held: number, opened = 0): void {
    const { market, kind, sequence, atUs } = entry;
    this.#postings.add(market.asset, kind, sequence, accountId, currency, available, held, atUs);
    this.#changes.add(accountId, currency, available, held, opened);
  }

  take(): Statement[] {
    for (const { accountId, currency, available, held, openOrders } of this.#changes.take())
      this.#balances.add(accountId, currency, available, held, openOrders);
    return [...this.#postings.take(), ...this.#balances.take()];
  }
}

/** order-processing's transaction. */
export class CommandRows {
  readonly #positions = positions();
  readonly #money = new Money();
  readonly #log = Table.inserted(
    "order_log",
    `asset text, command_sequence bigint, log_id bigint, account_id bigint, received_at_us bigint, sequenced_at_us bigint,
     kind text, order_id bigint, side text, type text, time_in_force text, quantity_lots bigint, price_ticks bigint,
     post_only boolean, self_trade_prevention text, maker_fee_bps integer, taker_fee_bps integer, held_units bigint`,
  );

  statements(batch: readonly Logged[]): Statement[] {
    for (const logged of batch) this.#add(logged);
    for (const { market, logId, command } of new Map(batch.map((logged) => [logged.market, logged])).values())
      this.#positions.add("order-processing", market.asset, logId, command);
    return [...this.#positions.take(), ...this.#log.take(), ...this.#money.take()];
  }

  #add(logged: Logged): void {
    const { market, command, logId, account, side, request, atUs } = logged;
    const { orderId, quantityLots, priceTicks } = request;
    const own = [market.asset, command, logId, account.accountId, atUs, atUs] as const;
    if (orderId !== 0) {
      this.#log.add(...own, "cancel", orderId, null, null, null, null, null, null, null, null, null, null);
      return;
    }
    const units = quantityLots * UNITS_PER_LOT;
    const terms = [side, "limit", lifetime(logged), quantityLots, priceTicks, false, "cancel_newest"] as const;
    this.#log.add(...own, "new", null, ...terms, 10, 20, units);
    const entry = { market, kind: "hold", sequence: command, atUs };
    this.#money.post(entry, account.accountId, heldCurrency(logged), -units, units, 1);
  }
}

/** trade-processing's transaction, and the reports that go out after it. */
export class SettlementRows {
  readonly #positions = positions();
  readonly #money = new Money();
  readonly #sequences = Table.updated(
    "account_sequences",
    "account_id bigint, last bigint",
    "last_sequence = c.last",
    "t.account_id = c.account_id",
  );
  readonly #reports = Table.inserted(
    "execution_reports",
    `account_id bigint, account_sequence bigint, asset text, event_sequence bigint, event text, status text, order_id bigint,
     side text, type text, time_in_force text, price_ticks bigint, quantity_lots bigint, filled_lots bigint,
     leaves_lots bigint, trade_id bigint, last_price_ticks bigint, last_quantity_lots bigint, liquidity text,
     fee_units bigint, received_at_us bigint, matched_at_us bigint`,
  );
  readonly #trades = Table.inserted(
    "trades",
    `asset text, trade_id bigint, event_sequence bigint, maker_order_id bigint, taker_order_id bigint,
     maker_account_id bigint, taker_account_id bigint, price_ticks bigint, quantity_lots bigint, taker_side text,
     executed_at_us bigint, maker_fee_units bigint, taker_fee_units bigint`,
  );
  readonly #newOrders = Table.inserted(
    "orders",
    `asset text, order_id bigint, filled_lots bigint, leaves_lots bigint, status text, held_units bigint,
     updated_at_us bigint, day date, account_id bigint, side text, type text, time_in_force text, price_ticks bigint,
     quantity_lots bigint, received_at_us bigint, maker_fee_bps integer, taker_fee_bps integer`,
  );
  readonly #oldOrders = Table.updated(
    "orders",
    "asset text, id bigint, filled bigint, leaves bigint, status text, held bigint, at bigint, day date",
    "filled_lots = c.filled, leaves_lots = c.leaves, status = c.status, held_units = c.held, updated_at_us = c.at, day = c.day",
    "t.asset = c.asset and t.order_id = c.id and t.day = 'infinity'",
  );
  readonly #fresh = new Set<Order>();
  readonly #touched = new Set<Order>();
  readonly #told = new Set<Account>();

  /** Fills the reports of the accounts that are to be told, too. */
  statements(batch: readonly Logged[]): { statements: Statement[]; told: Account[] } {
    for (const logged of batch) this.#settle(logged);
    for (const order of this.#fresh) this.#addNew(order);
    for (const order of this.#touched) if (!this.#fresh.has(order)) this.#oldOrders.add(...stateOf(order));
    const told = [...this.#told];
    for (const set of [this.#fresh, this.#touched, this.#told]) set.clear();
    for (const { accountId, reportSequence } of told) this.#sequences.add(accountId, reportSequence);
    for (const { market, command } of new Map(batch.map((logged) => [logged.market, logged])).values())
      this.#positions.add("trade-processing", market.asset, market.event, command);
    const tables = [this.#positions, this.#sequences, this.#reports, this.#trades, this.#newOrders, this.#oldOrders];
    return { statements: [...tables.flatMap((table) => table.take()), ...this.#money.take()], told };
  }

  #settle(logged: Logged): void {
    const { market, side, request } = logged;
    const state = { filledLots: 0, leavesLots: request.quantityLots, status: "open" as const };
    if (request.orderId !== 0) {
      const order = market.resting[side].get(request.orderId);
      if (order !== undefined) this.#cancel(order);
      else this.#report("cancel_rejected", { ...logged, ...state, logId: request.orderId });
      return;
    }
    const order: Order = Object.assign(logged, state);
    this.#fresh.add(order);
    this.#report("accepted", order);
    if (!request.isImmediate) {
      market.resting[side].set(order.logId, order);
      return;
    }
    for (const maker of market.resting[OTHER[side]].values()) {
      this.#trade(maker, order);
      if (order.leavesLots === 0) return;
    }
    this.#cancel(order);
  }

  #trade(maker: Order, taker: Order): void {
    const { market, side, atUs } = taker;
    const lots = Math.min(maker.leavesLots, taker.leavesLots);
    const units = lots * UNITS_PER_LOT;
    const tradeId = ++market.trade;
    const price = maker.request.priceTicks;
    const event = ++market.event;
    for (const [order, liquidity] of [[maker, "maker"] as const, [taker, "taker"] as const]) {
      order.filledLots += lots;
      order.leavesLots -= lots;
      order.status = order.leavesLots === 0 ? "filled" : "partially_filled";
      this.#touched.add(order);
      this.#report("trade", order, { tradeId, price, lots, liquidity, fee: FEE_UNITS });
    }
    if (maker.leavesLots === 0) market.resting[maker.side].delete(maker.logId);
    const ids = [maker.logId, taker.logId, maker.account.accountId, taker.account.accountId] as const;
    this.#trades.add(market.asset, tradeId, event, ...ids, price, lots, side, atUs, FEE_UNITS, FEE_UNITS);
    const entry = { market, kind: "trade", sequence: event, atUs };
    const [buyer, seller] = side === "buy" ? [taker, maker] : [maker, taker];
    const done = ({ leavesLots }: Order) => (leavesLots === 0 ? -1 : 0);
    this.#money.post(entry, buyer.account.accountId, market.base, units, 0);
    this.#money.post(entry, buyer.account.accountId, market.quote, 0, -units, done(buyer));
    this.#money.post(entry, seller.account.accountId, market.base, 0, -units, done(seller));
    this.#money.post(entry, seller.account.accountId, market.quote, units - 2 * FEE_UNITS, 0);
    this.#money.post(entry, FEES_ACCOUNT, market.quote, 2 * FEE_UNITS, 0);
  }

  #cancel(order: Order): void {
    const { market, account, side, atUs } = order;
    const units = order.leavesLots * UNITS_PER_LOT;
    market.resting[side].delete(order.logId);
    order.leavesLots = 0;
    order.status = "canceled";
    this.#touched.add(order);
    this.#report("canceled", order);
    const entry = { market, kind: "release", sequence: market.event, atUs };
    this.#money.post(entry, account.accountId, heldCurrency(order), units, -units, -1);
  }

  #report(event: string, order: Order, fill = NO_FILL): void {
    const { market, account, side, request, logId, filledLots, leavesLots, status, atUs } = order;
    const { tradeId, price, lots, liquidity, fee } = fill;
    const { quantityLots, priceTicks } = request;
    if (tradeId === null) market.event += 1; // both reports of a trade are about one event
    this.#told.add(account);
    const sequence = ++account.reportSequence;
    const own = [account.accountId, sequence, market.asset, market.event, event, status, logId] as const;
    const terms = [side, "limit", lifetime(order), priceTicks, quantityLots, filledLots, leavesLots] as const;
    this.#reports.add(...own, ...terms, tradeId, price, lots, liquidity, fee, atUs, atUs);
    const trade = `"tradeId":${tradeId},"lastPrice":"${price}","lastQuantity":"${lots}","liquidity":"${liquidity}","fee":"${fee}",`;
    account.reports.push(
      `{"accountSequence":${sequence},"asset":"${market.asset}","orderId":${logId},"event":"${event}","status":"${status}",` +
        `"side":"${side}","type":"limit","timeInForce":"${lifetime(order)}","price":"${priceTicks}",` +
        `"quantity":"${quantityLots}","filledQuantity":"${filledLots}","leavesQuantity":"${leavesLots}",` +
        `${tradeId === null ? "" : trade}"receivedAtUs":${atUs},"matchedAtUs":${atUs}}`,
    );
  }

  #addNew(order: Order): void {
    const { account, side, request, atUs } = order;
    const own = [account.accountId, side, "limit", lifetime(order), request.priceTicks, request.quantityLots] as const;
    this.#newOrders.add(...stateOf(order), ...own, atUs, 10, 20);
  }
}

/** An order has no day as long as it is open (sql/19). */
function stateOf({ market, logId, filledLots, leavesLots, status, atUs }: Order) {
  const day = ["open", "partially_filled"].includes(status) ? "infinity" : "today";
  return [market.asset, logId, filledLots, leavesLots, status, leavesLots * UNITS_PER_LOT, atUs, day] as const;
}
