/** Assets that failed, and when each is tried again: ever later. Tells new failures from repeated ones, for the log. */

const RETRY_FIRST_MS = 100;
const RETRY_LAST_MS = 5_000;

interface Failure {
  readonly text: string;
  readonly retryMs: number;
  readonly dueMs: number;
}

export class Retries {
  readonly #failures = new Map<string, Failure>();

  /** Notes a failure; returns when the asset is tried again, and whether the failure is another one than before. */
  failed(asset: string, text: string): { readonly retryMs: number; readonly isNews: boolean } {
    const before = this.#failures.get(asset);
    const retryMs = before === undefined ? RETRY_FIRST_MS : Math.min(2 * before.retryMs, RETRY_LAST_MS);
    this.#failures.set(asset, { text, retryMs, dueMs: performance.now() + retryMs });
    return { retryMs, isNews: before?.text !== text };
  }

  /** Forgets the asset's failure and returns its text; null: it had not failed. */
  succeeded(asset: string): string | null {
    const text = this.#failures.get(asset)?.text ?? null;
    this.#failures.delete(asset);
    return text;
  }

  isDue(asset: string): boolean {
    return (this.#failures.get(asset)?.dueMs ?? 0) <= performance.now();
  }

  /** The time until the first of these assets is due; 0: one is due now. */
  dueInMs(assets: Iterable<string>): number {
    const due = [...assets].map((asset) => this.#failures.get(asset)?.dueMs ?? 0);
    return Math.max(0, Math.min(...due) - performance.now());
  }
}
