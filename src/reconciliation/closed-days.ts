/**
 * Closed days (sql/20): their rows are gone, or going, and count no more; what stands for them is kept rows, closing sums and the
 * ends of closed history. SQL.
 */
const TABLES = ["order_log", "trades", "execution_reports", "ledger_entries", "orders"] as const;

/** The rows of a table that are of no closed day. */
export function present(table: string): string {
  return (TABLES as readonly string[]).includes(table)
    ? `(select * from public.${table} where day = '-infinity' or day > (select closed_through()))`
    : `public.${table}`;
}

/** Views of the present rows under the tables' names, which Postgres finds first. To be made outside of a read-only transaction. */
export const PRESENT_VIEWS = TABLES.map(
  (table) => `create temporary view ${table} as select * from ${present(table)} p`,
).join("; ");
export const DROP_PRESENT_VIEWS = `drop view ${TABLES.map((table) => `pg_temp.${table}`).join(", ")}`;

type End = "command_sequence" | "log_id" | "event_sequence" | "trade_id" | "candle_open_at_ms";

/** How far an asset's history is closed; 0: not at all. */
export function closedEnd(asset: string, end: End): string {
  return `coalesce((select e.${end} from closed_assets e where e.asset = ${asset}), 0)`;
}

/** The last closed report of an account. */
export function closedSequence(account: string): string {
  return `coalesce((select e.account_sequence from closed_accounts e where e.account_id = ${account}), 0)`;
}

/** What closed days' postings add up to: account_id, currency, available, held. */
export const CLOSING_SUMS = `select account_id, currency, sum(available) as available, sum(held) as held
  from closing_sums group by account_id, currency`;
