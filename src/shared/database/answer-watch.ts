/**
 * Watches whether a server answers. Its callers report answers and failures; after a while without either, the watch asks
 * the server itself. It writes one log line when the server goes and one when it is back, however many queries failed.
 */

import type { Logger } from "../process/log.js";
import { lookEvery } from "../process/looks.js";

const LOOK_MS = 500;
/** After so long without an answer, the server is asked. */
const QUIET_MS = 2_000;
/** After so long without an answer, the server counts as away; no query needs as much time. */
const SILENT_MS = 4_000;

export class AnswerWatch {
  readonly #server: string;
  readonly #ask: () => Promise<unknown>;
  readonly #log: Logger;
  readonly #stopLooking: () => void;
  #answeredMs: number | null = null;
  #away: { readonly sinceMs: number; readonly why: string } | null = null;
  #isAsking = false;
  #outages = 0;

  constructor(server: string, ask: () => Promise<unknown>, log: Logger) {
    this.#server = server;
    this.#ask = ask;
    this.#log = log;
    this.#stopLooking = lookEvery(LOOK_MS, () => this.#look());
  }

  answered(): void {
    this.#answeredMs = performance.now();
    if (this.#away === null) return;
    const awayMs = Math.round(this.#answeredMs - this.#away.sinceMs);
    this.#away = null;
    this.#log.info({ awayMs }, `${this.#server} is back`);
  }

  lost(err: unknown): void {
    // Until the first answer, the one who connects logs what is wrong.
    if (this.#answeredMs === null || this.#away !== null) return;
    const sinceMs = performance.now();
    this.#outages++;
    this.#away = { sinceMs, why: (err as Error).message };
    this.#log.error({ err }, `${this.#server} can't be reached`);
  }

  /** How often the server went away. */
  get outages(): number {
    return this.#outages;
  }

  /** Why the server counts as away; null: it answers. */
  whyNot(): string | null {
    if (this.#answeredMs === null) return `${this.#server} has not answered yet`;
    return this.#away === null ? null : `${this.#server} can't be reached: ${this.#away.why}`;
  }

  close(): void {
    this.#stopLooking();
  }

  #look(): void {
    if (this.#answeredMs === null) return;
    const quietMs = performance.now() - this.#answeredMs;
    if (quietMs >= SILENT_MS) this.lost(new Error(`no answer for ${SILENT_MS / 1000} s`));
    if (this.#isAsking || (this.#away === null && quietMs < QUIET_MS)) return;
    this.#isAsking = true;
    this.#ask().then(
      () => {
        this.#isAsking = false;
        this.answered();
      },
      (err: unknown) => {
        this.#isAsking = false;
        this.lost(err);
      },
    );
  }
}
