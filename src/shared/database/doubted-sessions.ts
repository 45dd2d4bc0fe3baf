/**
 * Sessions whose connection broke in the middle of a transaction: it may still be on its way, and be committed after its outcome
 * was read. So they are ended before anything is read, and what they committed is settled (server-choice.ts).
 */
import { DeadlineExceeded } from "../domain/errors.js";

/** Ends sessions and returns those that did not end in time. */
const END = `select pid from pg_stat_activity where pid = any($1::int[]) and usename = current_user
  and application_name = current_setting('application_name') and not pg_terminate_backend(pid, $2)`;
const END_TIMEOUT_MS = 2_000;

export interface DoubtPorts {
  readonly query: (text: string, values: readonly unknown[]) => Promise<{ readonly rows: readonly unknown[] }>;
  /** Resolves when what was committed can't be lost any more. */
  readonly settled: () => Promise<void>;
}

export class DoubtedSessions {
  readonly #ports: DoubtPorts;
  /** Process ids of the server's. */
  #ids: readonly number[] = [];
  #ending: Promise<void> | null = null;

  constructor(ports: DoubtPorts) {
    this.#ports = ports;
  }

  add(id: number): void {
    this.#ids = [...this.#ids, id];
  }

  /** Resolves when there are none, and what is read is how it stays. */
  async ended(): Promise<void> {
    if (this.#ids.length === 0) return;
    this.#ending ??= this.#end().finally(() => {
      this.#ending = null;
    });
    await this.#ending;
  }

  async #end(): Promise<void> {
    const ending = this.#ids;
    const { rows } = await this.#ports.query(END, [ending, END_TIMEOUT_MS]);
    if (rows.length > 0) throw new DeadlineExceeded("Postgres does not end a session whose connection broke");
    await this.#ports.settled();
    this.#ids = this.#ids.filter((id) => !ending.includes(id));
  }
}
