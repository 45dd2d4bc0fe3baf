import type { Logger } from "../process/log.js";

const SUMMARY_INTERVAL_MS = 1_000;

/**
 * Logs events that clients can cause any number of times: one line a second at most, with the count of each kind of event
 * since the last line, and the newest of each kind as an example. The number of kinds is bounded by the code.
 */
export class EventSummary {
  readonly #log: Logger;
  readonly #message: string;
  readonly #kinds = new Map<string, { count: number; example: object }>();

  constructor(log: Logger, message: string) {
    this.#log = log;
    this.#message = message;
  }

  count(kind: string, example: object): void {
    const seen = this.#kinds.get(kind);
    if (this.#kinds.size === 0) setTimeout(() => this.#write(), SUMMARY_INTERVAL_MS).unref();
    this.#kinds.set(kind, { count: (seen?.count ?? 0) + 1, example });
  }

  #write(): void {
    this.#log.info({ kinds: Object.fromEntries(this.#kinds) }, this.#message);
    this.#kinds.clear();
  }
}
