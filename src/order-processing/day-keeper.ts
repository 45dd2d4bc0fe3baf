/**
 * Makes the parts of history for the days to come (sql/19), and tells how many there are ahead. Nothing waits for it: rows of a
 * day without a part go to the one before, and only can't be let go of by themselves then.
 */
import type { Database } from "../shared/database/database.js";
import type { Service } from "../shared/process/lifecycle.js";
import { pausedFor } from "../shared/process/waits.js";

const DAYS_AHEAD = 21;
/** The first look is late, so that no start waits for it. */
const FIRST_MS = 60_000;
const INTERVAL_MS = 3_600_000;
/** After a failure: a lock was not free, or Postgres away. */
const RETRY_MS = 60_000;

export class DayKeeper {
  readonly #service: Pick<Service, "log" | "stopping">;
  readonly #database: Pick<Database, "query">;
  readonly #ahead;

  constructor(service: Pick<Service, "log" | "stopping" | "metrics">, database: Pick<Database, "query">) {
    this.#service = service;
    this.#database = database;
    this.#ahead = service.metrics.gauge(
      "history_days_ahead",
      "Coming days whose rows have a part of their own in Postgres",
    );
  }

  /** Looks in every interval until the service stops. */
  async run(): Promise<void> {
    const { stopping } = this.#service;
    for (let waitMs = FIRST_MS; await pausedFor(waitMs, stopping); )
      waitMs = (await this.#keep()) ? INTERVAL_MS : RETRY_MS;
  }

  async #keep(): Promise<boolean> {
    try {
      await this.makeDays();
      return true;
    } catch (err) {
      const { log, stopping } = this.#service;
      if (!stopping.aborted)
        log.warn({ err }, "parts for the days to come can't be made yet; rows go on into those there are");
      return false;
    } finally {
      await this.#tell().catch(() => undefined); // Postgres is away, which others tell
    }
  }

  /** A day at a time, each in a transaction of its own, whose locks are short. */
  async makeDays(): Promise<void> {
    while (!this.#service.stopping.aborted) {
      const [row] = await this.#database.query<{ made: boolean }>("select make_history_day($1) as made", [DAYS_AHEAD]);
      if (row?.made !== true) return;
    }
  }

  async #tell(): Promise<void> {
    const [row] = await this.#database.query<{ days: number }>(
      `select count(*) as days from history_days
       where day > (now() at time zone 'UTC')::date and day <= (now() at time zone 'UTC')::date + $1::integer`,
      [DAYS_AHEAD],
    );
    this.#ahead.set(row?.days ?? 0);
  }
}
