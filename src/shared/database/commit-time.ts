/**
 * SQL for when the row's transaction was committed, in microseconds since the epoch; null where Postgres keeps no such times, or
 * kept none then. `row` is the name of the row's table in the query.
 */
export function committedAtUs(row: string): string {
  return `case when current_setting('track_commit_timestamp') = 'on'
    then floor(extract(epoch from pg_xact_commit_timestamp(${row}.xmin)) * 1000000)::bigint end`;
}
