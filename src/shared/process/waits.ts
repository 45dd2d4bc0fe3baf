/** The waits of a process, each with an end: a deadline, or the stop of the service. */
import { DeadlineExceeded } from "../domain/errors.js";

/** Waits for so long. False: the service was told to stop before. */
export function pausedFor(ms: number, stopping?: AbortSignal): Promise<boolean> {
  if (stopping?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      stopping?.removeEventListener("abort", end);
      resolve(stopping?.aborted !== true);
    };
    const timer = setTimeout(end, ms);
    stopping?.addEventListener("abort", end);
  });
}

/** Settles as the work does, or rejects after the deadline with a DeadlineExceeded that begins with `what`; the work goes on. */
export function beforeDeadline<T>(work: Promise<T>, deadlineMs: number, what = "no answer"): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new DeadlineExceeded(`${what} within ${deadlineMs} ms`));
    const timer = setTimeout(late, deadlineMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Settles as the work does; rejects when the service is told to stop. The work itself goes on. */
export async function unlessStopped<T>(work: Promise<T>, stopping: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(stopping.reason);
    if (stopping.aborted) stop();
    else stopping.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stopping.removeEventListener("abort", stop);
  }
}

export interface Polling {
  readonly deadlineMs: number;
  readonly everyMs?: number;
}

const POLL_EVERY_MS = 20;

/**
 * Asks until the answer is not null, and returns it; rejects with DeadlineExceeded after the deadline. `what` finishes the
 * sentence "waited … ms for". An error of `ask` ends the wait at once: throw one when waiting has become pointless.
 */
export async function waitFor<T>(what: string, polling: Polling, ask: () => Promise<T | null> | T | null): Promise<T> {
  const { deadlineMs, everyMs = POLL_EVERY_MS } = polling;
  const startedMs = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() - startedMs >= deadlineMs) throw new DeadlineExceeded(`waited ${deadlineMs} ms for ${what}`);
    await pausedFor(everyMs);
  }
}

/** Waits until it is so; false: it was not before the deadline. */
export async function hasBecome(
  isSo: () => boolean,
  { deadlineMs, everyMs = POLL_EVERY_MS }: Polling,
): Promise<boolean> {
  const startedMs = performance.now();
  while (!isSo()) {
    if (performance.now() - startedMs >= deadlineMs) return false;
    await pausedFor(everyMs);
  }
  return true;
}

export interface Retrying {
  readonly deadlineMs: number;
  readonly everyMs: number;
  /** Called with the error of every attempt that is followed by another. */
  readonly failed: (cause: unknown) => void;
}

/** Tries until the work succeeds. After the deadline rejects with a DeadlineExceeded that says `whyNot`. */
export async function tryFor<T>(work: () => Promise<T>, attempts: Retrying, whyNot: string): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (cause) {
      if (performance.now() - startedMs > attempts.deadlineMs) throw new DeadlineExceeded(whyNot, { cause });
      attempts.failed(cause);
      await pausedFor(attempts.everyMs);
    }
  }
}

/** Lets one loop sleep until another part of the process rings. */
export class Bell {
  #ring: () => void = () => undefined;

  /** Wakes a loop that sleeps now; without one, it does nothing. */
  ring(): void {
    this.#ring();
  }

  /** Sleeps; false: it did not ring before the time was over. */
  async rangWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const rang = await new Promise<boolean>((resolve) => {
      this.#ring = () => resolve(true);
      timer = setTimeout(() => resolve(false), ms);
    });
    clearTimeout(timer);
    return rang;
  }
}
