/**
 * What is asked of the server while the connection is down, or when it breaks, is never answered: the client would wait its
 * whole timeout, long after the server is back. So a request waits for the connection, and fails when that breaks.
 */
import { beforeDeadline } from "../process/waits.js";

export class BusRequests {
  readonly #timeoutMs: number;
  readonly #onOutcome: (error: unknown) => void;
  readonly #waiting = new Set<() => void>();
  readonly #asked = new Set<() => void>();
  #connected = true;

  /** `onOutcome` is told of every request that the connection did not end: null where it was answered. */
  constructor(timeoutMs: number, onOutcome: (error: unknown) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onOutcome = onOutcome;
  }

  changed(connected: boolean): void {
    this.#connected = connected;
    const concerned = connected ? this.#waiting : this.#asked;
    for (const tell of concerned) tell();
  }

  /** Rejects with DeadlineExceeded when there is no connection in time. */
  async ask<T>(request: () => Promise<T>): Promise<T> {
    if (!this.#connected) await this.#untilConnected();
    let tell: () => void = () => undefined;
    const broken = new Promise<never>((_, reject) => {
      tell = () => reject(new Error("the connection to NATS broke before the answer came"));
    });
    this.#asked.add(tell);
    try {
      const answer = await Promise.race([request(), broken]);
      this.#onOutcome(null);
      return answer;
    } catch (error) {
      if (this.#connected) this.#onOutcome(error);
      throw error;
    } finally {
      this.#asked.delete(tell);
    }
  }

  async #untilConnected(): Promise<void> {
    let tell: () => void = () => undefined;
    const connected = new Promise<void>((resolve) => {
      tell = resolve;
    });
    this.#waiting.add(tell);
    try {
      await beforeDeadline(connected, this.#timeoutMs, "no connection to NATS");
    } finally {
      this.#waiting.delete(tell);
    }
  }

  /** Whoever waits is let go: the request itself fails on a closed connection. */
  close(): void {
    for (const tell of this.#waiting) tell();
  }
}
