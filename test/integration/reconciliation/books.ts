/**
 * A small market's rows as the services would have left them, worked out by hand: one tick × lot of BTC-USD is one unit of
 * USD, one lot is 10,000 units of BTC, a maker pays 10 basis points, a taker 20.
 *
 *   command  what                                 events
 *   1        bob sells 10 at 100                  1 accepted
 *   2        ann buys 4 at 110                    2 accepted · 3 trade of 4 at 100
 *   3        ann buys 6 at 90                     4 accepted
 *   4        ann makes it 8 at 95                 5 replaced
 *   5        ann buys at the market for 1,000     6 accepted · 7 trade of 6 at 100 · 8 canceled
 *   6        bob sells 5 at 120                   9 accepted
 *   7        bob sells more than he has           10 rejected
 *   8        an operator halts the asset          11 state_changed
 *   9        ann buys 10 at 50                    not settled yet
 */

import { storeAssets } from "../../../src/launcher/asset-store.js";
import { createApiKey } from "../../../src/launcher/demo-accounts.js";
import { connectDatabase } from "../../../src/shared/database/database.js";
import { parseAssets } from "../../../src/shared/domain/assets.js";
import { FEE_ACCOUNT } from "../../../src/shared/domain/funds.js";
import { createDatabase, execute } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";

const ANN = 1;
const BOB = 2;
const ASSET = "BTC-USD";
const RATES = { maker_fee_bps: 10, taker_fee_bps: 20 };
const REGISTRY = parseAssets({
  currencies: { USD: { decimals: 6, kind: "fiat" }, BTC: { decimals: 8, kind: "crypto" } },
  assets: [{ asset: ASSET, tickSize: "0.01", lotSize: "0.0001", makerFeeBps: 10, takerFeeBps: 20 }],
});

type Row = Record<string, unknown>;

/** Returns the URL of a database in which nothing differs. */
export async function createBooks(): Promise<string> {
  const url = await createDatabase();
  const database = await connectDatabase(url, { applicationName: "books", log: serviceForTest("books").log });
  await storeAssets(database, REGISTRY);
  for (const name of ["ann", "bob"]) await createApiKey(database, name, name, name);
  await database.close();
  const deposit = "select book_transfer($1, $2, $3, $4, $5, 'test')";
  await execute(url, deposit, ["deposit", ANN, "USD", 10_000, "one"]);
  await execute(url, deposit, ["deposit", BOB, "BTC", 1_000_000, "two"]);
  await execute(url, deposit, ["withdrawal", ANN, "USD", 1_000, "three"]);
  const [action] = await execute(
    url,
    "select record_action('set_asset_state', null, $1, 'halted', null, null, 'op', 'a look') as action_id",
    [ASSET],
  );
  await insert(
    url,
    "order_log",
    ORDER_LOG.map((row) => (row["asset_state"] === null ? row : { ...row, ...action })),
  );
  await insert(url, "book_states", BOOK_STATES);
  await insert(url, "orders", ORDERS);
  await insert(url, "trades", TRADES);
  await insert(url, "candles", CANDLES);
  await insert(url, "execution_reports", REPORTS);
  await insert(url, "ledger_entries", LEDGER);
  await insert(url, "consumer_positions", [
    { service: "order-processing", asset: ASSET, sequence: 1792, stream_sequence: 7, command_sequence: 9 },
    { service: "trade-processing", asset: ASSET, sequence: 11, stream_sequence: 5, command_sequence: 8 },
  ]);
  await execute(url, "update consumer_positions set hold_command_sequence = 7 where service = 'trade-processing'");
  for (const [account, reports] of [[ANN, 7] as const, [BOB, 5] as const])
    await execute(url, "update account_sequences set last_sequence = $2 where account_id = $1", [account, reports]);
  for (const balance of BALANCES)
    await execute(
      url,
      "update balances set available = $3, held = $4, open_orders = $5 where account_id = $1 and currency = $2",
      balance,
    );
  return url;
}

async function insert(url: string, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] as Row).join(", ");
  const text = `insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1)`;
  await execute(url, text, [JSON.stringify(rows)]);
}

function command(sequence: number, account: number, kind: string, values: Row): Row {
  return {
    asset: ASSET,
    command_sequence: sequence,
    log_id: (sequence - (sequence > 4 ? 1 : 0) - (sequence > 8 ? 1 : 0)) * 256,
    account_id: account,
    kind,
    client_order_id: null,
    order_id: null,
    side: null,
    type: null,
    time_in_force: null,
    quantity_lots: null,
    price_ticks: null,
    quote_budget_units: null,
    refused: null,
    received_at_us: sequence,
    sequenced_at_us: sequence,
    maker_fee_bps: null,
    taker_fee_bps: null,
    spendable_units: null,
    cover: null,
    held_units: null,
    needed_units: null,
    available_units: null,
    action_id: null,
    asset_state: null,
    ...values,
  };
}

const limit = (side: "buy" | "sell", quantity: number, price: number) => ({
  side,
  type: "limit",
  time_in_force: "GTC",
  quantity_lots: quantity,
  price_ticks: price,
});
const forBudget = { side: "buy", type: "market", time_in_force: "IOC", quote_budget_units: 1_000 };

const ORDER_LOG = [
  command(1, BOB, "new", { ...limit("sell", 10, 100), ...RATES, held_units: 100_000 }),
  command(2, ANN, "new", { ...limit("buy", 4, 110), ...RATES, held_units: 441 }),
  command(3, ANN, "new", { ...limit("buy", 6, 90), ...RATES, held_units: 542 }),
  command(4, ANN, "replace", {
    log_id: 2_000,
    order_id: 768,
    quantity_lots: 8,
    price_ticks: 95,
    cover: 220,
    held_units: 221,
  }),
  command(5, ANN, "new", { ...forBudget, ...RATES, spendable_units: 998, held_units: 1_000 }),
  command(6, BOB, "new", { ...limit("sell", 5, 120), ...RATES, held_units: 50_000 }),
  command(7, BOB, "new", {
    ...limit("sell", 99, 130),
    refused: "insufficient_funds",
    needed_units: 990_000,
    available_units: 850_000,
  }),
  command(8, 0, "set_asset_state", { log_id: null, asset_state: "halted" }),
  command(9, ANN, "new", { ...limit("buy", 10, 50), ...RATES, held_units: 501 }),
];

const BOOK_STATES = [{ asset: ASSET, state: "halted", since_us: 8, event_sequence: 11, made_by: "op", why: "a look" }];

function order(sequence: number, status: string, filled: number, leaves: number | null, values: Row): Row {
  const log = ORDER_LOG[sequence - 1] as Row;
  return {
    asset: ASSET,
    order_id: log["log_id"],
    account_id: log["account_id"],
    side: log["side"],
    type: log["type"],
    time_in_force: log["time_in_force"],
    price_ticks: log["price_ticks"],
    quote_budget_units: log["quote_budget_units"],
    quantity_lots: log["quantity_lots"],
    filled_lots: filled,
    leaves_lots: leaves,
    status,
    received_at_us: sequence,
    updated_at_us: sequence,
    maker_fee_bps: log["maker_fee_bps"],
    taker_fee_bps: log["taker_fee_bps"],
    held_units: 0,
    fee_carry: 0,
    day: status === "open" ? "infinity" : "2026-01-01",
    ...values,
  };
}

const ORDERS = [
  order(1, "filled", 10, 0, {}),
  order(2, "filled", 4, 0, { fee_carry: 2_000 }),
  order(3, "open", 0, 8, { quantity_lots: 8, price_ticks: 95, held_units: 762 }),
  order(5, "canceled", 6, 0, { fee_carry: 8_000 }),
  order(6, "open", 0, 5, { held_units: 50_000 }),
  order(7, "rejected", 0, 0, {}),
];

function trade(
  id: number,
  event: number,
  takerOrder: number,
  quantity: number,
  makerFee: number,
  takerFee: number,
): Row {
  return {
    asset: ASSET,
    trade_id: id,
    event_sequence: event,
    maker_order_id: 256,
    taker_order_id: takerOrder,
    maker_account_id: BOB,
    taker_account_id: ANN,
    price_ticks: 100,
    quantity_lots: quantity,
    taker_side: "buy",
    executed_at_us: event,
    maker_fee_units: makerFee,
    taker_fee_units: takerFee,
  };
}

const TRADES = [trade(1, 3, 512, 4, 1, 1), trade(2, 7, 1024, 6, 0, 2)];

const CANDLES = [
  {
    asset: ASSET,
    open_at_ms: 0,
    open_ticks: 100,
    high_ticks: 100,
    low_ticks: 100,
    close_ticks: 100,
    volume_lots: 10,
    notional_tick_lots: 1_000,
    trade_count: 2,
    last_trade_id: 2,
  },
];

const REPORTED: Record<number, number> = {};

function report(event: number, sequence: number, what: string, status: string, values: Row): Row {
  const log = ORDER_LOG[sequence - 1] as Row;
  const account = log["account_id"] as number;
  REPORTED[account] = (REPORTED[account] ?? 0) + 1;
  return {
    account_id: account,
    account_sequence: REPORTED[account],
    asset: ASSET,
    event_sequence: event,
    event: what,
    status,
    order_id: log["log_id"],
    side: log["side"],
    type: log["type"],
    time_in_force: log["time_in_force"],
    price_ticks: log["price_ticks"],
    quantity_lots: log["quantity_lots"],
    filled_lots: 0,
    leaves_lots: log["quantity_lots"],
    trade_id: null,
    last_price_ticks: null,
    last_quantity_lots: null,
    liquidity: null,
    fee_units: null,
    reason: null,
    received_at_us: sequence,
    matched_at_us: event,
    ...values,
  };
}

const fill = (id: number, liquidity: "maker" | "taker", filled: number, leaves: number | null) => {
  const of = TRADES[id - 1] as Row;
  return {
    filled_lots: filled,
    leaves_lots: leaves,
    trade_id: id,
    last_price_ticks: of["price_ticks"],
    last_quantity_lots: of["quantity_lots"],
    liquidity,
    fee_units: of[`${liquidity}_fee_units`],
  };
};

const REPORTS = [
  report(1, 1, "accepted", "open", {}),
  report(2, 2, "accepted", "open", {}),
  report(3, 1, "trade", "partially_filled", fill(1, "maker", 4, 6)),
  report(3, 2, "trade", "filled", fill(1, "taker", 4, 0)),
  report(4, 3, "accepted", "open", {}),
  report(5, 3, "replaced", "open", { price_ticks: 95, quantity_lots: 8, leaves_lots: 8 }),
  report(6, 5, "accepted", "open", {}),
  report(7, 1, "trade", "filled", fill(2, "maker", 10, 0)),
  report(7, 5, "trade", "partially_filled", fill(2, "taker", 6, null)),
  report(8, 5, "canceled", "canceled", { filled_lots: 6, leaves_lots: 0, reason: "immediate_or_cancel" }),
  report(9, 6, "accepted", "open", {}),
  report(10, 7, "rejected", "rejected", {
    leaves_lots: 0,
    reason: "insufficient_funds: needs 0.00990000 BTC, has 0.00850000 BTC",
  }),
];

function posting(
  kind: string,
  sequence: number,
  account: number,
  currency: string,
  available: number,
  held: number,
): Row {
  return {
    source: ASSET,
    kind,
    sequence,
    account_id: account,
    currency,
    available_change: available,
    held_change: held,
    at_us: sequence,
  };
}

const LEDGER = [
  posting("hold", 1, BOB, "BTC", -100_000, 100_000),
  posting("hold", 2, ANN, "USD", -441, 441),
  posting("trade", 3, ANN, "USD", 40, -441),
  posting("trade", 3, ANN, "BTC", 40_000, 0),
  posting("trade", 3, BOB, "BTC", 0, -40_000),
  posting("trade", 3, BOB, "USD", 399, 0),
  posting("trade", 3, FEE_ACCOUNT, "USD", 2, 0),
  posting("hold", 3, ANN, "USD", -542, 542),
  posting("hold", 4, ANN, "USD", -221, 221),
  posting("release", 5, ANN, "USD", 1, -1),
  posting("hold", 5, ANN, "USD", -1_000, 1_000),
  posting("trade", 7, ANN, "USD", 0, -602),
  posting("trade", 7, ANN, "BTC", 60_000, 0),
  posting("trade", 7, BOB, "BTC", 0, -60_000),
  posting("trade", 7, BOB, "USD", 600, 0),
  posting("trade", 7, FEE_ACCOUNT, "USD", 2, 0),
  posting("release", 8, ANN, "USD", 398, -398),
  posting("hold", 6, BOB, "BTC", -50_000, 50_000),
  posting("hold", 9, ANN, "USD", -501, 501),
];

/** account, currency, available, held, open orders */
const BALANCES = [
  [ANN, "USD", 9_000 - 401 - 602 - 762 - 501, 762 + 501, 2],
  [ANN, "BTC", 100_000, 0, 0],
  [BOB, "USD", 399 + 600, 0, 0],
  [BOB, "BTC", 1_000_000 - 100_000 - 50_000, 50_000, 1],
  [FEE_ACCOUNT, "USD", 4, 0, 0],
];
