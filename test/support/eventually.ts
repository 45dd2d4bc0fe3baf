import { patience } from "./machine.js";

const LOOK_AGAIN_MS = 10;

/**
 * Looks until `look` returns something else than null or undefined; fails with `what` when `deadlineMs` are over, or what
 * a slow or busy machine makes of them.
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | null | undefined> | T | null | undefined,
  deadlineMs = 10_000,
): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined) return seen;
    const tookMs = performance.now() - startedMs;
    if (tookMs > deadlineMs && tookMs > patience(deadlineMs))
      throw new Error(`${what}: not within ${Math.round(tookMs)} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/** The same for what is either so or not. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, deadlineMs?: number): Promise<void> {
  await eventually(what, async () => ((await isSo()) ? true : null), deadlineMs);
}
