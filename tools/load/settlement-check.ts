import { connectDatabase, type Database } from "../../src/shared/database/database.js";
import { createLogger } from "../../src/shared/process/log.js";
import { pausedFor } from "../../src/shared/process/waits.js";
import type { LoadOutcome } from "./load-run.js";

/** What Postgres says about a run. */
export interface SettlementResult {
  /** From the last acknowledgement until every asset's last request was settled: its trades, reports and order states are rows. */
  readonly settledAfterMs: number | null;
  /** Rows of order_log that this run added. */
  readonly logRows: number;
  readonly trades: number;
  /** Execution reports that are missing between an account's first and last of this run. */
  readonly reportGaps: number;
  /** By Postgres' own counters, which are up to a second late. */
  readonly work: PostgresWork;
}

export interface PostgresWork {
  /** Of the database, those that only read counted, too. */
  readonly transactions: number;
  /** Of the whole server. Syncs: null where it does not count them there (18 and later). */
  readonly walSyncs: number | null;
  readonly walBytes: number;
}

const SETTLE_WAIT_MS = 30_000;
const POLL_MS = 5;

/** Looks at the database before and after a run, and in between not at all. */
export class SettlementCheck {
  readonly #database: Database;
  readonly #before: Counts;

  private constructor(database: Database, before: Counts) {
    this.#database = database;
    this.#before = before;
  }

  static async open(databaseUrl: string): Promise<SettlementCheck> {
    const log = createLogger("load", "silent");
    const database = await connectDatabase(databaseUrl, { applicationName: "load", log, poolMax: 1 });
    return new SettlementCheck(database, await counts(database));
  }

  async finish(outcome: LoadOutcome): Promise<SettlementResult> {
    const settledAtMs = await this.#untilSettled(outcome);
    const after = await counts(this.#database);
    return {
      settledAfterMs: settledAtMs === null ? null : Math.max(0, settledAtMs - outcome.lastAnswerMs),
      logRows: after.logRows - this.#before.logRows,
      trades: after.trades - this.#before.trades,
      work: workBetween(this.#before.work, after.work),
      reportGaps: after.lastSequences - this.#before.lastSequences - (after.reports - this.#before.reports),
    };
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  /** Settled: trades, reports and order states of each asset's last request are committed. */
  async #untilSettled({ lastLogIds }: LoadOutcome): Promise<number | null> {
    const text = `select count(*) as n from unnest($1::text[], $2::bigint[]) as last(asset, log_id)
      join order_log l on l.asset = last.asset and l.log_id = last.log_id
      join consumer_positions p on p.service = 'trade-processing' and p.asset = l.asset
        and p.command_sequence >= l.command_sequence`;
    const startedMs = performance.now();
    while (performance.now() - startedMs < SETTLE_WAIT_MS) {
      const [row] = await this.#database.query<{ n: number }>(text, [[...lastLogIds.keys()], [...lastLogIds.values()]]);
      if (row?.n === lastLogIds.size) return performance.now();
      await pausedFor(POLL_MS);
    }
    return null;
  }
}

interface Counts {
  readonly logRows: number;
  readonly trades: number;
  readonly reports: number;
  readonly lastSequences: number;
  readonly work: PostgresWork;
}

function workBetween(before: PostgresWork, after: PostgresWork): PostgresWork {
  return {
    transactions: after.transactions - before.transactions,
    walSyncs: after.walSyncs === null ? null : after.walSyncs - (before.walSyncs ?? 0),
    walBytes: after.walBytes - before.walBytes,
  };
}

async function counts(database: Database): Promise<Counts> {
  const [row] = await database.query<Counts>(
    `select (select count(*) from order_log where log_id is not null) as "logRows",
       (select count(*) from trades) as trades,
       (select count(*) from execution_reports) as reports,
       (select coalesce(sum(last_sequence), 0)::bigint from account_sequences) as "lastSequences",
       (select jsonb_build_object(
          'transactions', (select xact_commit from pg_stat_database where datname = current_database()),
          'walSyncs', to_jsonb(w) -> 'wal_sync', 'walBytes', w.wal_bytes) from pg_stat_wal w) as work`,
  );
  if (row === undefined) throw new Error("a select without from has one row");
  return row;
}
