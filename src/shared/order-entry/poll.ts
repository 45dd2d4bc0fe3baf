import type { Logger } from "../process/log.js";

/** A question that is asked again and again: never twice at the same time, and not more often than every `intervalMs`. */
export class Poll {
  readonly #intervalMs: number;
  readonly #ask: () => Promise<void>;
  readonly #failed: (err: unknown) => void;
  #askedMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  /** `trouble` is logged when the question fails. */
  constructor(intervalMs: number, ask: () => Promise<void>, log: Logger, trouble: string) {
    this.#intervalMs = intervalMs;
    this.#ask = ask;
    this.#failed = (err) => log.warn({ err }, trouble);
  }

  /** Asks if it is time; resolves once it is answered or has failed, and never rejects. */
  async tick(nowMs: number): Promise<void> {
    if (this.#isAsking || nowMs - this.#askedMs < this.#intervalMs) return;
    this.#askedMs = nowMs;
    this.#isAsking = true;
    try {
      await this.#ask();
    } catch (err) {
      this.#failed(err);
    }
    this.#isAsking = false;
  }
}
