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
  readonly locks_held: number;
  readonly locks_waiting: number;
}

/** Of the database that we are connected to, but for connections, which are the server's. Readable by every role. */
const ACTIVITY = `
  select d.xact_commit as committed, d.xact_rollback as rolled_back, d.deadlocks, pg_database_size(d.datid) as bytes,
    (select sum(numbackends)::int from pg_stat_database) as connections,
    current_setting('max_connections')::int as connections_max,
    l.held as locks_held, l.waiting as locks_waiting
  from pg_stat_database d,
    lateral (select count(*) filter (where granted) as held, count(*) filter (where not granted) as waiting
             from pg_locks where database = d.datid or locktype = 'transactionid') l
  where d.datname = current_database()`;

/** Shows what the server does for all; one process of the pipeline does so. */
export function reportPostgres({ metrics }: Pick<Service, "metrics">, database: Queries): void {
  const transactions = metrics.counter("postgres_transactions_total", "Transactions of the database, by outcome", [
    "outcome",
  ]);
  const deadlocks = metrics.counter("postgres_deadlocks_total", "Transactions that Postgres ended for a deadlock");
  const locks = metrics.gauge("postgres_locks", "Locks that are held, and locks that are waited for", ["is"]);
  const bytes = metrics.gauge("postgres_database_bytes", "Size of the database on disk");
  const connections = metrics.gauge("postgres_connections", "Connections of the server that are taken");
  const limit = metrics.gauge("postgres_connections_max", "Connections of the server that there may be");
  const all = [deadlocks, bytes, connections, limit];
  metrics.onScrape(async () => {
    const [now] = await database.query<Activity>(ACTIVITY).catch(() => []);
    for (const metric of all) metric.remove();
    transactions.reset();
    locks.reset();
    if (now === undefined) return;
    transactions.inc({ outcome: "committed" }, now.committed);
    transactions.inc({ outcome: "rolled back" }, now.rolled_back);
    deadlocks.inc(now.deadlocks);
    locks.set({ is: "held" }, now.locks_held);
    locks.set({ is: "waited for" }, now.locks_waiting);
    bytes.set(now.bytes);
    connections.set(now.connections);
    limit.set(now.connections_max);
  });
}
