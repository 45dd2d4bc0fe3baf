/** Statements with rests between them: the pipeline needs the machine, too, and most of all when it catches up. */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { pausedFor } from "../shared/process/waits.js";

/** Then it makes haste: as long as a snapshot is open Postgres can't clean up what changes meanwhile. */
const RESTS_FOR_MS = 15_000;

/** Of the usual rests, however much is left to look at: some 200,000 orders a pass on two cores, and still a third of the time. */
const LEAST_SHARE = 0.25;

/** How many times as long as a statement took it rests after it: half as long, and half again, while passes don't get done. */
export class RestFactor {
  readonly #usual: number;
  #now: number;

  constructor(usual: number) {
    this.#usual = usual;
    this.#now = usual;
  }

  get now(): number {
    return this.#now;
  }

  passed(isDone: boolean): void {
    this.#now = isDone ? Math.min(2 * this.#now, this.#usual) : Math.max(this.#now / 2, LEAST_SHARE * this.#usual);
  }
}

/** After each statement, and each page of one, it rests so many times as long as that took. */
export function paced(snapshot: WorkingSnapshot, restFactor: number, stopping: AbortSignal): WorkingSnapshot {
  const openedMs = performance.now();
  const rest = async (startedMs: number) => {
    const nowMs = performance.now();
    if (restFactor > 0 && nowMs - openedMs < RESTS_FOR_MS) await pausedFor((nowMs - startedMs) * restFactor, stopping);
  };
  return {
    async query<R>(text: string, values?: readonly unknown[]) {
      const startedMs = performance.now();
      const rows = await snapshot.query<R>(text, values);
      await rest(startedMs);
      return rows;
    },
    async *pages<R>(text: string, values?: readonly unknown[]) {
      let startedMs = performance.now();
      for await (const page of snapshot.pages<R>(text, values)) {
        await rest(startedMs);
        yield page;
        startedMs = performance.now();
      }
    },
    commit: () => snapshot.commit(),
    close: () => snapshot.close(),
  };
}
