/** Waits that end at once when the service is told to stop. */
import { setTimeout as pause } from "node:timers/promises";

/** False: told to stop before the time was over. */
export function pausedFor(ms: number, stopping: AbortSignal): Promise<boolean> {
  return pause(ms, true, { signal: stopping }).catch(() => false);
}

/** What the work settles with; rejects when told to stop, while the work itself goes on. */
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
