import { setTimeout as sleep } from "node:timers/promises";
import { DeadlineExceeded } from "../shared/domain/errors.js";

export interface Wait {
  readonly deadlineMs: number;
  readonly everyMs?: number;
}

/**
 * Asks until the answer is no longer null, and returns it. `what` finishes the sentence "waited … ms for".
 * What `check` throws ends the wait at once: use it for news that make waiting pointless.
 */
export async function waitFor<T>(what: string, wait: Wait, check: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = performance.now() + wait.deadlineMs;
  for (;;) {
    const answer = await check();
    if (answer !== null) return answer;
    if (performance.now() >= deadline) throw new DeadlineExceeded(`waited ${wait.deadlineMs} ms for ${what}`);
    await sleep(wait.everyMs ?? 20);
  }
}
