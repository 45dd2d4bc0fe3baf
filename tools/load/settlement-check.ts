import { connectDatabase, type Database } from "../../src/shared/database.js";
import { createLogger } from "../../src/shared/log.js";
import type { LoadOutcome } from "./load-run.js";

/** What Postgres says about a run. */
export interface SettlementResult {
  /** From the last acknowledgement until every asset's last request was a row and its last order settled. */
  readonly settledAfterMs: number | null;
  /** Rows of order_log that this run added. */
  readonly logRows: number;
  readonly trades: number;
  /** Execution reports that are missing between an account's first and last of this run. */
  readonly reportGaps: number;
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
      reportGaps: after.lastSequences - this.#before.lastSequences - (after.reports - this.#before.reports),
    };
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async #untilSettled({ lastLogIds, lastOrderIds }: LoadOutcome): Promise<number | null> {
    const logged = "select exists (select from order_log l where l.asset = wanted.asset and l.log_id = wanted.id)";
    const settled = "select exists (select from orders o where o.asset = wanted.asset and o.order_id = wanted.id)";
    const startedMs = performance.now();
    while (performance.now() - startedMs < SETTLE_WAIT_MS) {
      if ((await this.#haveAll(settled, lastOrderIds)) && (await this.#haveAll(logged, lastLogIds)))
        return performance.now();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return null;
  }

  async #haveAll(exists: string, wanted: ReadonlyMap<string, number>): Promise<boolean> {
    const text = `select coalesce(bool_and((${exists})), true) as all from unnest($1::text[], $2::bigint[]) as wanted(asset, id)`;
    const [row] = await this.#database.query<{ all: boolean }>(text, [[...wanted.keys()], [...wanted.values()]]);
    return row?.all === true;
  }
}

interface Counts {
  readonly logRows: number;
  readonly trades: number;
  readonly reports: number;
  readonly lastSequences: number;
}

async function counts(database: Database): Promise<Counts> {
  const [row] = await database.query<Counts>(
    `select (select count(*) from order_log where log_id is not null) as "logRows",
       (select count(*) from trades) as trades,
       (select count(*) from execution_reports) as reports,
       (select coalesce(sum(last_sequence), 0)::bigint from account_sequences) as "lastSequences"`,
  );
  if (row === undefined) throw new Error("a select without from has one row");
  return row;
}
