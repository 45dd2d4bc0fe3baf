/** The assets that failed and are taken up again, each ever later; of the same failure only the first is said. */

const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5_000;

interface Failure {
  readonly text: string;
  readonly retryMs: number;
  readonly dueMs: number;
}

export class Retries {
  readonly #failures = new Map<string, Failure>();

  /** Says when it is tried again, and whether it failed for another reason than before. */
  failed(asset: string, text: string): { readonly retryMs: number; readonly isNews: boolean } {
    const before = this.#failures.get(asset);
    const retryMs = before === undefined ? RETRY_FIRST_MS : Math.min(2 * before.retryMs, RETRY_LAST_MS);
    this.#failures.set(asset, { text, retryMs, dueMs: performance.now() + retryMs });
    return { retryMs, isNews: before?.text !== text };
  }

  /** Returns what it had failed with; null: nothing. */
  succeeded(asset: string): string | null {
    const text = this.#failures.get(asset)?.text ?? null;
    this.#failures.delete(asset);
    return text;
  }

  isDue(asset: string): boolean {
    return (this.#failures.get(asset)?.dueMs ?? 0) <= performance.now();
  }

  /** Until one of these is due; 0: one is. */
  dueInMs(assets: Iterable<string>): number {
    const due = [...assets].map((asset) => this.#failures.get(asset)?.dueMs ?? 0);
    return Math.max(0, Math.min(...due) - performance.now());
  }
}
