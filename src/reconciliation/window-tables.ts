/**
 * Copies the rows of a window into temporary tables with the names that the rules use (Postgres looks there first). They hold
 * everything ever written about each order that a command, an event or a trade of the window is about; so a rule finds in
 * them what it would find among all rows. Rows that are there only for such an order's sake are no part of the window: WINDOW
 * in scope.ts leaves them out where it matters.
 */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { candleOpen } from "./candle-rules.js";
import { closedEnd, present } from "./closed-days.js";
import { ORDER_HISTORY_TABLES } from "./order-history.js";
import type { AssetWindow, Window } from "./window.js";

const COPIES = ["order_log", "execution_reports", "trades", "orders", "ledger_entries", "transfers"] as const;
const OWN = [
  "touched",
  "touched_once",
  "asset_windows",
  "order_history",
  "candle_windows",
  "trades_of_candles",
] as const;

const [ORDER_LOG, REPORTS, TRADES, ORDERS, LEDGER] = [
  "order_log",
  "execution_reports",
  "trades",
  "orders",
  "ledger_entries",
].map(present);

const DEFINITIONS = `
  create temporary table asset_windows (asset text, after_command int8, through_command int8, after_event int8,
    through_event int8, after_trade int8, through_trade int8);
  create temporary table touched (asset text, order_id int8);
  create temporary table candle_windows (asset text, from_ms int8, before_ms int8);
  create temporary table trades_of_candles (like public.trades);
  ${COPIES.map((table) => `create temporary table ${table} (like public.${table})`).join(";\n  ")}`;

/** $1 is the asset, $2 and $3 the range. Ranges are parameters and no join, so that Postgres knows how many rows there are. */
const BY_COMMANDS = [
  `insert into order_log select * from ${ORDER_LOG} p where asset = $1 and command_sequence > $2 and command_sequence <= $3`,
  `insert into touched select asset, case kind when 'new' then log_id else order_id end from order_log
   where asset = $1 and command_sequence > $2 and command_sequence <= $3 and kind in ('new', 'replace')`,
  `insert into touched select asset, order_id from ${ORDERS} p where asset = $1
   and order_id > coalesce((${lastLogId("$2")}), ${closedEnd("$1", "log_id")}) and order_id <= coalesce((${lastLogId("$3")}), 0)`,
  `insert into ledger_entries select * from ${LEDGER} p
   where source = $1 and kind = 'hold' and sequence > $2 and sequence <= $3`,
];
const BY_EVENTS = [
  // Reports about no order lead to no other rows.
  `insert into execution_reports select * from ${REPORTS} p
   where event_sequence > $2 and event_sequence <= $3 and asset = $1 and order_id is null`,
  `insert into touched select asset, order_id from ${REPORTS} p
   where event_sequence > $2 and event_sequence <= $3 and asset = $1 and order_id is not null`,
  `insert into ledger_entries select * from ${LEDGER} p
   where source = $1 and kind = 'trade' and sequence > $2 and sequence <= $3`,
  `insert into ledger_entries select * from ${LEDGER} p
   where source = $1 and kind = 'release' and sequence > $2 and sequence <= $3`,
];
const BY_TRADES = [
  `insert into trades select * from ${TRADES} p where asset = $1 and trade_id > $2 and trade_id <= $3`,
  `insert into touched select t.asset, o.order_id from trades t
   cross join lateral (values (t.maker_order_id), (t.taker_order_id)) as o(order_id)
   where t.asset = $1 and t.trade_id > $2 and t.trade_id <= $3`,
];

/**
 * The minutes that end with the window's trades, so that each is in one window, and all their trades. The minute that the next
 * trade after the window is in is left to the next window.
 */
const BY_MINUTES = [
  `insert into candle_windows values ($1,
     case when $2::int8 = 0 then ${-(2n ** 63n)} when $2 = ${closedEnd("$1", "trade_id")}
       then ${closedEnd("$1", "candle_open_at_ms")} + 1 else ${minuteAfter("$2")} end, ${minuteAfter("$3")})`,
  `insert into trades_of_candles select t.* from candle_windows w join ${TRADES} t on t.asset = $1
     and t.trade_id > coalesce((select trade_id from ${TRADES} p where asset = $1 and trade_id <= $2
       and ${candleOpen("executed_at_us")} < w.from_ms order by trade_id desc limit 1), 0)
     and t.trade_id <= $3 and ${candleOpen("t.executed_at_us")} >= w.from_ms and ${candleOpen("t.executed_at_us")} < w.before_ms
   where w.asset = $1`,
];

const OUTSIDE = (range: string, column: string) => `not exists (select from asset_windows w
  where w.asset = p.asset and ${column} > w.after_${range} and ${column} <= w.through_${range})`;

/** Copies everything about the touched orders that is not there yet. */
const CLOSURE = [
  `create temporary table touched_once as select distinct asset, order_id from touched where order_id is not null;
   analyze touched_once; analyze asset_windows`,
  `insert into order_log select p.* from touched_once t join ${ORDER_LOG} p on p.asset = t.asset and p.log_id = t.order_id
   where ${OUTSIDE("command", "p.command_sequence")}`,
  ...["null", "not null"].map(
    (refused) => `insert into order_log select p.* from touched_once t
      join ${ORDER_LOG} p on p.asset = t.asset and p.order_id = t.order_id and p.kind = 'replace' and p.refused is ${refused}
      where ${OUTSIDE("command", "p.command_sequence")}`,
  ),
  `insert into execution_reports select p.* from touched_once t
   join ${REPORTS} p on p.order_id = t.order_id and p.asset = t.asset`,
  `insert into orders select p.* from touched_once t join ${ORDERS} p on p.asset = t.asset and p.order_id = t.order_id`,
  "analyze order_log; analyze execution_reports; analyze orders",
  `insert into trades select p.*
   from (select distinct asset, trade_id from execution_reports where trade_id is not null) n
   join ${TRADES} p on p.asset = n.asset and p.trade_id = n.trade_id where ${OUTSIDE("trade", "p.trade_id")}`,
  "analyze trades; analyze ledger_entries; analyze transfers",
];

const TRANSFERS = [
  "insert into transfers select * from public.transfers where transfer_id > $1 and transfer_id <= $2",
  `insert into ledger_entries select * from ${LEDGER} p where source = 'transfers'
   and kind in ('deposit', 'withdrawal') and sequence > $1 and sequence <= $2`,
];

/** Makes the tables; returns how many orders they are about. `dropWindow` must be called before the next window. */
export async function createWindow(snapshot: WorkingSnapshot, window: Window): Promise<number> {
  const { assets, transfers } = window;
  await snapshot.query(DEFINITIONS);
  await snapshot.query(
    "insert into asset_windows select * from jsonb_to_recordset($1::jsonb) as w(asset text, " +
      "after_command int8, through_command int8, after_event int8, through_event int8, after_trade int8, through_trade int8)",
    [JSON.stringify(assets.map(rowOf))],
  );
  // Here a few rows lead to a few others; the rules themselves join whole tables.
  await snapshot.query("set local enable_nestloop = on");
  for (const { asset, commands, events, trades } of assets) {
    for (const sql of BY_COMMANDS) await snapshot.query(sql, [asset, commands.after, commands.through]);
    for (const sql of BY_EVENTS) await snapshot.query(sql, [asset, events.after, events.through]);
    for (const sql of [...BY_TRADES, ...BY_MINUTES]) await snapshot.query(sql, [asset, trades.after, trades.through]);
  }
  if (transfers !== null) for (const sql of TRANSFERS) await snapshot.query(sql, [transfers.after, transfers.through]);
  for (const sql of CLOSURE) await snapshot.query(sql);
  await snapshot.query("set local enable_nestloop = off");
  await snapshot.query(
    `create temporary table order_history as with ${ORDER_HISTORY_TABLES.join(", ")} select * from order_history`,
  );
  await snapshot.query("analyze order_history");
  const [touched] = await snapshot.query<{ orders: number }>("select count(*) as orders from touched_once");
  return touched?.orders ?? 0;
}

export async function dropWindow(snapshot: WorkingSnapshot): Promise<void> {
  await snapshot.query(`close all; drop table ${[...COPIES, ...OWN].map((name) => `pg_temp.${name}`).join(", ")}`);
}

function rowOf({ asset, commands, events, trades }: AssetWindow) {
  return {
    asset,
    after_command: commands.after,
    through_command: commands.through,
    after_event: events.after,
    through_event: events.through,
    after_trade: trades.after,
    through_trade: trades.through,
  };
}

/** The minute of the first trade after this one; if there is none, the end of time. */
function minuteAfter(tradeId: string): string {
  return `coalesce((select ${candleOpen("executed_at_us")} from ${TRADES} p where asset = $1 and trade_id > ${tradeId}
    order by trade_id limit 1), ${2n ** 63n - 1n})`;
}

function lastLogId(commandSequence: string): string {
  return `select log_id from ${ORDER_LOG} p where asset = $1 and command_sequence <= ${commandSequence}
    and log_id is not null order by command_sequence desc limit 1`;
}
