/**
 * Requests to the server wait for a connection and fail as soon as it breaks. Without that, the client would wait the whole
 * timeout of a request whose answer can't come, long after the server is back.
 */
import { beforeDeadline } from "../process/waits.js";

export class BusRequests {
  readonly #timeoutMs: number;
  readonly #onOutcome: (error: unknown) => void;
  readonly #waiting = new Set<() => void>();
  readonly #asked = new Set<() => void>();
  #connected = true;

  /** `onOutcome` is called for every request that did not end with its connection; with null if it was answered. */
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

  /** Lets waiting requests go on: they fail on the closed connection. */
  close(): void {
    for (const tell of this.#waiting) tell();
  }
}
