/** Paces a snapshot's statements by rests between them: the pipeline needs the machine, most of all when it catches up. */
import type { WorkingSnapshot } from "../shared/database/snapshot.js";
import { pausedFor } from "../shared/process/waits.js";

/** After so long there are no more rests: while a snapshot is open, Postgres can't clean up rows that change meanwhile. */
const RESTS_FOR_MS = 15_000;

/** Rests shrink to this share at least, however much is left to look at: some 200,000 orders a pass on two cores. */
const LEAST_SHARE = 0.25;

/** The length of rests, as a multiple of the statement before: halved after each pass with a rest undone, else doubled. */
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

/** The snapshot with a rest after each statement, and after each page of one, `restFactor` times as long as that took. */
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
