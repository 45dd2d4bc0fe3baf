/**
 * Scopes of the rules: everything, or a window of history. The rules are the same statements for both; in a window, temporary
 * tables of the same names hold its rows only (window-tables.ts). A scope has the parts of statements that differ all the
 * same: where a sequence begins in the middle, and which rows are there only for the sake of others.
 */

import { CLOSING_SUMS, closedEnd, closedSequence, present } from "./closed-days.js";
import { ORDER_HISTORY_TABLES } from "./order-history.js";

export const CLEARING = "(select account_id from accounts where name = 'exchange:clearing')";

export interface Scope {
  /** Common table expressions that end in `order_history`; none where that is a table. */
  readonly orderHistory: readonly string[];
  /** The condition (on qualified columns) that the event is in the scope, and not an earlier one of an order in it. */
  readonly holdsEvent: (asset: string, eventSequence: string) => string;
  /** The same for a command. */
  readonly holdsCommand: (asset: string, commandSequence: string) => string;
  /** Trades, each with the id (`before`) and the event (`event_before`) of the trade before it. */
  readonly tradesInTurn: string;
  /** Reports, each with the number of the account's report before it (`before`). */
  readonly reportsInTurn: string;
  /** The number of each account's last report. */
  readonly lastReports: string;
  /** The accounts' sequences in the scope. */
  readonly accountSequences: string;
  /** The sums of all postings: account_id, currency, available, held. */
  readonly ledgerSums: string;
  /** Deposits less withdrawals: currency, units. */
  readonly transferSums: string;
  /** Candles, and all trades of their minutes. */
  readonly candles: string;
  readonly tradesOfCandles: string;
}

export const EVERYTHING: Scope = {
  orderHistory: ORDER_HISTORY_TABLES,
  holdsEvent: (asset, eventSequence) => `${eventSequence} > ${closedEnd(asset, "event_sequence")}`,
  holdsCommand: (asset, commandSequence) => `${commandSequence} > ${closedEnd(asset, "command_sequence")}`,
  tradesInTurn: `(select asset, trade_id, event_sequence,
      lag(trade_id, 1, ${closedEnd("t.asset", "trade_id")}) over w as before,
      lag(event_sequence, 1, ${closedEnd("t.asset", "event_sequence")}) over w as event_before
    from trades t where trade_id > ${closedEnd("t.asset", "trade_id")} window w as (partition by asset order by trade_id))`,
  reportsInTurn: `(select account_id, account_sequence,
      lag(account_sequence, 1, ${closedSequence("r.account_id")}) over w as before
    from execution_reports r where account_sequence > ${closedSequence("r.account_id")}
    window w as (partition by account_id order by account_sequence))`,
  lastReports: `(select account_id, max(account_sequence) as last_sequence
    from (select account_id, account_sequence from execution_reports union all select * from closed_accounts) r
    group by account_id)`,
  accountSequences: "account_sequences",
  ledgerSums: `(select account_id, currency, sum(available) as available, sum(held) as held
    from (select account_id, currency, sum(available_change) as available, sum(held_change) as held
          from ledger_entries group by account_id, currency union all ${CLOSING_SUMS}) s group by account_id, currency)`,
  transferSums: `(select currency, sum(case kind when 'deposit' then units else -units end) as units from transfers
    group by currency)`,
  // The minute of the last closed trade may go on after it.
  candles: `(select * from candles c where open_at_ms > ${closedEnd("c.asset", "candle_open_at_ms")}
    or ${closedEnd("c.asset", "trade_id")} = 0)`,
  tradesOfCandles: `(select * from trades t where executed_at_us / 60000000 * 60000 > ${closedEnd("t.asset", "candle_open_at_ms")}
    or ${closedEnd("t.asset", "trade_id")} = 0)`,
};

export const WINDOW: Scope = {
  orderHistory: [],
  holdsEvent: (asset, eventSequence) => `exists (select from asset_windows w where w.asset = ${asset}
    and ${eventSequence} > w.after_event and ${eventSequence} <= w.through_event)`,
  holdsCommand: (asset, commandSequence) => `exists (select from asset_windows w where w.asset = ${asset}
    and ${commandSequence} > w.after_command and ${commandSequence} <= w.through_command)`,
  tradesInTurn: `(select t.asset, t.trade_id, t.event_sequence, lag(t.trade_id, 1, a.after_trade) over w as before,
      lag(t.event_sequence, 1, a.after_event) over w as event_before
    from asset_windows a
    join trades t on t.asset = a.asset and t.trade_id > a.after_trade and t.trade_id <= a.through_trade
    window w as (partition by t.asset order by t.trade_id))`,
  reportsInTurn: `(select r.account_id, r.account_sequence,
      lag(r.account_sequence, 1, a.after_sequence) over w as before
    from account_windows a join ${present("execution_reports")} r on r.account_id = a.account_id
      and r.account_sequence > a.after_sequence and r.account_sequence <= a.through_sequence
    window w as (partition by a.account_id, a.after_sequence, a.through_sequence order by r.account_sequence))`,
  lastReports: `(select a.account_id, greatest((select max(r.account_sequence) from public.execution_reports r
      where r.account_id = a.account_id), ${closedSequence("a.account_id")}) as last_sequence from account_windows a)`,
  accountSequences: "(select s.* from account_sequences s join account_windows a on a.account_id = s.account_id)",
  ledgerSums: "ledger_sums",
  transferSums: `(select currency, -available as units from ledger_sums where account_id = ${CLEARING})`,
  candles: `(select c.* from candle_windows w
    join candles c on c.asset = w.asset and c.open_at_ms >= w.from_ms and c.open_at_ms < w.before_ms)`,
  tradesOfCandles: "trades_of_candles",
};
