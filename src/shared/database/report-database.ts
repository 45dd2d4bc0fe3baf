/** Tells /readyz and metrics how Postgres does: whether it answers this service, and what it does for all. */

import type { Service } from "../process/lifecycle.js";
import type { ConnectedDatabase, Queries } from "./database.js";

export function reportDatabase(service: Pick<Service, "metrics" | "readiness">, database: ConnectedDatabase): void {
  service.readiness("postgres", () => database.whyNotReady());
  const outages = service.metrics.counter(
    "postgres_outages_total",
    "Times that Postgres stopped answering this process",
  );
  service.metrics.onScrape(() => {
    outages.reset();
    outages.inc(database.outages);
  });
}

interface Activity {
  readonly committed: number;
  readonly rolled_back: number;
  readonly deadlocks: number;
  readonly bytes: number;
  readonly connections: number;
  readonly connections_max: number;
  readonly archive_failures: number;
  readonly locks_held: number;
  readonly locks_waiting: number;
  readonly commits_wait: boolean;
  readonly standbys_synchronous: number;
  readonly standbys_asynchronous: number;
  /** Null: there are none. */
  readonly standby_lag: number | null;
}

/**
 * Of the database that we are connected to, but for connections and standbys, which are the server's. Readable by every role; without
 * pg_monitor a role sees that a standby is there, and no more.
 */
const ACTIVITY = `
  select d.xact_commit as committed, d.xact_rollback as rolled_back, d.deadlocks, pg_database_size(d.datid) as bytes,
    (select sum(numbackends)::int from pg_stat_database) as connections,
    current_setting('max_connections')::int as connections_max,
    (select failed_count from pg_stat_archiver) as archive_failures, l.held as locks_held, l.waiting as locks_waiting,
    current_setting('synchronous_standby_names') <> '' as commits_wait,
    s.synchronous as standbys_synchronous, s.asynchronous as standbys_asynchronous, s.lag as standby_lag
  from pg_stat_database d,
    lateral (select count(*) filter (where is_waited_for) as synchronous,
                    count(*) filter (where not is_waited_for) as asynchronous, max(lag) as lag
             from (select coalesce(sync_state, 'sync') in ('sync', 'quorum') as is_waited_for,
                     case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 end as lag
                   from pg_stat_replication where coalesce(state, 'streaming') = 'streaming') r) s,
    lateral (select count(*) filter (where granted) as held, count(*) filter (where not granted) as waiting
             from pg_locks where database = d.datid or locktype = 'transactionid') l
  where d.datname = current_database()`;

/** Shows what the server does for all; one process of the pipeline does so. `hasOthers`: its URL names other servers, too. */
export function reportPostgres(
  { metrics }: Pick<Service, "metrics">,
  database: Queries,
  { hasOthers }: { readonly hasOthers: boolean },
): void {
  const transactions = metrics.counter("postgres_transactions_total", "Transactions of the database, by outcome", [
    "outcome",
  ]);
  const deadlocks = metrics.counter("postgres_deadlocks_total", "Transactions that Postgres ended for a deadlock");
  const archiveFailures = metrics.counter(
    "postgres_archive_failures_total",
    "Times that a file of the server's log could not be archived",
  );
  const locks = metrics.gauge("postgres_locks", "Locks that are held, and locks that are waited for", ["is"]);
  const bytes = metrics.gauge("postgres_database_bytes", "Size of the database on disk");
  const connections = metrics.gauge("postgres_connections", "Connections of the server that are taken");
  const limit = metrics.gauge("postgres_connections_max", "Connections of the server that there may be");
  const standbys = metrics.gauge(
    "postgres_standbys",
    "Standbys that follow the server: commits wait for synchronous ones",
    ["is"],
  );
  const wanted = metrics.gauge(
    "postgres_standby_wanted",
    "1: commits wait for a synchronous standby, or DATABASE_URL names several servers",
  );
  const lag = metrics.gauge(
    "postgres_standby_lag_bytes",
    "What the standby that is furthest behind has not applied yet",
  );
  const all = [deadlocks, archiveFailures, bytes, connections, limit, wanted, lag];
  metrics.onScrape(async () => {
    const [now] = await database.query<Activity>(ACTIVITY).catch(() => []);
    for (const metric of all) metric.remove();
    transactions.reset();
    locks.reset();
    standbys.reset();
    if (now === undefined) return;
    transactions.inc({ outcome: "committed" }, now.committed);
    transactions.inc({ outcome: "rolled back" }, now.rolled_back);
    deadlocks.inc(now.deadlocks);
    archiveFailures.inc(now.archive_failures);
    locks.set({ is: "held" }, now.locks_held);
    locks.set({ is: "waited for" }, now.locks_waiting);
    bytes.set(now.bytes);
    connections.set(now.connections);
    limit.set(now.connections_max);
    standbys.set({ is: "synchronous" }, now.standbys_synchronous);
    standbys.set({ is: "asynchronous" }, now.standbys_asynchronous);
    wanted.set(now.commits_wait || hasOthers ? 1 : 0);
    if (now.standby_lag !== null) lag.set(now.standby_lag);
  });
}
