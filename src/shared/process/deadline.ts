import { DeadlineExceeded } from "../domain/errors.js";

/** What the work settles with, or a DeadlineExceeded; the work itself goes on. */
export function beforeDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new DeadlineExceeded(`no answer within ${timeoutMs} ms`)), timeoutMs);
    void work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
