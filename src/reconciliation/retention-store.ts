/** Days of history in Postgres, as retention lets go of them (sql/19 and sql/20). To be used by the tables' owner. */
import type { Queries } from "../shared/database/database.js";
import type { EngineState } from "./engine-books.js";

export interface HistoryDay {
  readonly day: string;
  readonly isClosed: boolean;
  /** Of all its parts. */
  readonly bytes: number;
  /** Of order_log, as Postgres estimates it. */
  readonly commands: number;
}

/** How far a part has come on its way out. */
export type PartState = "attached" | "detaching" | "detached" | "dropped";

export class RetentionStore {
  readonly #database: Queries;

  constructor(database: Queries) {
    this.#database = database;
  }

  tables(): Promise<readonly string[]> {
    return this.#database
      .query<{ name: string }>("select unnest(history_tables()) as name")
      .then((rows) => rows.map(({ name }) => name));
  }

  /** The days that are older than so many days and still there, the oldest first; but not the one that rows are written into. */
  daysBefore(keptDays: number): Promise<HistoryDay[]> {
    return this.#database.query<HistoryDay>(
      `select h.day::text as day, h.closed_at is not null as "isClosed",
         coalesce(sum(pg_total_relation_size(to_regclass('public.' || part_of(t.name, h.day)))), 0)::bigint as bytes,
         coalesce(max(c.reltuples) filter (where t.name = 'order_log'), 0)::bigint as commands
       from history_days h cross join unnest(history_tables()) as t(name)
       left join pg_class c on c.oid = to_regclass('public.' || part_of(t.name, h.day))
       where h.dropped_at is null and h.day < (now() at time zone 'UTC')::date - $1::integer
         and (h.closed_at is not null or h.day < (select day from writing_day))
       group by h.day, h.closed_at order by h.day`,
      [keptDays],
    );
  }

  /** The last command of each asset in a day that is not closed. */
  lastCommands(day: string): Promise<{ asset: string; command: number }[]> {
    return this.#part("order_log", day, (part) =>
      this.#database.query(`select asset, max(command_sequence) as command from ${part} group by asset order by asset`),
    );
  }

  async storedState(asset: string): Promise<EngineState | null> {
    const [row] = await this.#database.query<EngineState>(
      `select command_sequence as "commandSequence", event_sequence as "eventSequence", engine as bytes
       from engine_anchors where asset = $1`,
      [asset],
    );
    return row ?? null;
  }

  /** Keeps a later state than the one before. */
  async storeState(asset: string, { commandSequence, eventSequence, bytes }: EngineState): Promise<void> {
    await this.#database.query(
      `insert into engine_anchors values ($1, $2, $3, $4)
       on conflict (asset) do update set command_sequence = excluded.command_sequence,
         event_sequence = excluded.event_sequence, engine = excluded.engine, stored_at = now()
       where excluded.command_sequence > engine_anchors.command_sequence`,
      [asset, commandSequence, eventSequence, Buffer.from(bytes)],
    );
  }

  /** Null: the day can be closed. */
  async whyNotClosed(day: string): Promise<string | null> {
    const [row] = await this.#database.query<{ why: string | null }>("select why_not_closed($1::date) as why", [day]);
    return row?.why ?? null;
  }

  async close(day: string): Promise<void> {
    await this.#database.query("select close_history_day($1::date)", [day]);
  }

  async state(table: string, day: string): Promise<PartState> {
    const [row] = await this.#database.query<{ there: boolean; attached: boolean | null; detaching: boolean | null }>(
      `select p.oid is not null as there, i.inhrelid is not null as attached, i.inhdetachpending as detaching
       from (select to_regclass('public.' || part_of($1, $2::date))::oid as oid) p left join pg_inherits i on i.inhrelid = p.oid`,
      [table, day],
    );
    if (row?.there !== true) return "dropped";
    return row.attached ? (row.detaching ? "detaching" : "attached") : "detached";
  }

  /** Waits until nobody reads the part any more; others read and write the table meanwhile. */
  async detach(table: string, day: string, state: PartState): Promise<void> {
    const how = state === "detaching" ? "finalize" : "concurrently";
    await this.#part(table, day, (part) =>
      this.#database.query(`alter table ${table} detach partition ${part} ${how}`),
    );
  }

  /** Null: what stands for the day is right. */
  async whyNotDropped(day: string): Promise<string | null> {
    const [row] = await this.#database.query<{ why: string | null }>("select why_not_dropped($1::date) as why", [day]);
    return row?.why ?? null;
  }

  async drop(table: string, day: string): Promise<void> {
    await this.#part(table, day, (part) => this.#database.query(`drop table if exists ${part}`));
  }

  async dropped(day: string): Promise<void> {
    await this.#database.query("update history_days set dropped_at = now() where day = $1::date", [day]);
  }

  async #part<T>(table: string, day: string, use: (part: string) => Promise<T>): Promise<T> {
    const [row] = await this.#database.query<{ part: string }>("select quote_ident(part_of($1, $2::date)) as part", [
      table,
      day,
    ]);
    return await use((row as { part: string }).part);
  }
}
