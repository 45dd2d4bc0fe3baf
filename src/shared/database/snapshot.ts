/** Reads Postgres as it is at one moment, for comparisons over many tables. */
import type pg from "pg";
import type { Row } from "./pipelined-transaction.js";
import { asFirst, CONNECT_TIMEOUT_MS, connectedClient, ended } from "./session.js";

/** The database at one moment: rows that are read from it belong together, however long reading takes. */
export interface Snapshot {
  /** All rows of a query, page by page; one query at a time. */
  pages<R = Row>(text: string, values?: readonly unknown[]): AsyncIterable<R[]>;
  close(): Promise<void>;
}

/**
 * A snapshot for a job that one process does at a time. Beside reading it can write, all or nothing with `commit`, and make
 * temporary tables.
 */
export interface WorkingSnapshot extends Snapshot {
  query<R = Row>(text: string, values?: readonly unknown[]): Promise<R[]>;
  commit(): Promise<void>;
}

const SNAPSHOT_PAGE_ROWS = 1_000;
const SNAPSHOT_QUERY_TIMEOUT_MS = 600_000;

/**
 * Makes Postgres plan for whole results of big tables, without compiling the plans, which takes longer than it gains, and
 * without nested loops: on tables not yet analyzed they look cheap, and 10,000 orders took 145 s instead of 2.5.
 */
const SNAPSHOT_SETTINGS =
  "set local cursor_tuple_fraction = 1; set local jit = off; set local enable_nestloop = off; set local work_mem = '64MB'";

/**
 * Opens a snapshot on a connection of its own, on which `first` was run before. While it is open, Postgres can't clean up rows
 * that changed since.
 */
export async function openSnapshot(url: string, applicationName: string, first?: string): Promise<Snapshot> {
  const client = await connectedClient(url, applicationName, SNAPSHOT_QUERY_TIMEOUT_MS);
  if (first !== undefined) await asFirst(client, first);
  await asFirst(client, `begin isolation level repeatable read, read only; ${SNAPSHOT_SETTINGS}`);
  return snapshotOf(client);
}

/** Null: another process has the lock. It is held until the snapshot is closed, or idle for a minute. */
export async function openWorkingSnapshot(
  url: string,
  applicationName: string,
  { lock, statementTimeoutMs }: { readonly lock: string; readonly statementTimeoutMs: number },
): Promise<WorkingSnapshot | null> {
  const client = await connectedClient(url, applicationName, statementTimeoutMs + CONNECT_TIMEOUT_MS);
  const taken = await asFirst(client, `select pg_try_advisory_lock(hashtext('${lock}')) as taken`);
  if (taken[0]?.["taken"] !== true) {
    await ended(client);
    return null;
  }
  // One core and little memory: the job must not slow down the services.
  await asFirst(
    client,
    `begin isolation level repeatable read; ${SNAPSHOT_SETTINGS}; set local max_parallel_workers_per_gather = 0; set local default_statistics_target = 10; set temp_buffers = '32MB';
     set local idle_in_transaction_session_timeout = 60000; set local statement_timeout = ${statementTimeoutMs}`,
  );
  return {
    ...snapshotOf(client),
    query: async <R>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as R[],
    commit: async () => void (await client.query("commit")),
  };
}

function snapshotOf(client: pg.Client): Snapshot {
  return {
    async *pages<R>(text: string, values: readonly unknown[] = []) {
      await client.query("close all"); // an earlier cursor may not have been read to its end
      await client.query(`declare page no scroll cursor for ${text}`, [...values]);
      for (;;) {
        const { rows } = await client.query(`fetch ${SNAPSHOT_PAGE_ROWS} from page`);
        if (rows.length > 0) yield rows as R[];
        if (rows.length < SNAPSHOT_PAGE_ROWS) return;
      }
    },
    close: () => ended(client),
  };
}
