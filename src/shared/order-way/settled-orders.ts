/** Settled orders as rows of Postgres, with when each was where. */
import { committedAtUs } from "../database/commit-time.js";

/** The columns of a SettledOrder, of `order_log l` and what FIRST_REPORT calls `r`. */
export const SETTLED_COLUMNS = `l.asset, l.log_id as "orderId", l.command_sequence as "commandSequence",
  l.account_id as "accountId", l.received_at_us as "receivedAtUs", l.sequenced_at_us as "decidedAtUs",
  ${committedAtUs("l")} as "loggedAtUs", r.event, r.event_sequence as "eventSequence",
  r.account_sequence as "accountSequence", r.matched_at_us as "matchedAtUs", r.settled_at_us as "settledAtUs"`;

/**
 * The report that says what became of an order of `order_log l` on arrival, looked for in some days: a condition of `day`. An order's
 * reports are all of one account.
 */
export const firstReport = (days: string): string => `lateral (
  select event, event_sequence, account_sequence, matched_at_us, ${committedAtUs("e")} as settled_at_us
  from execution_reports e where e.order_id = l.log_id and e.asset = l.asset and e.account_id = l.account_id and e.${days}
  order by account_sequence limit 1
) r`;

/** The same, looked for everywhere. */
export const FIRST_REPORT = firstReport("day is not null");
