/**
 * Whether what is shown is live. A broken connection says so at once; one that is only silent is asked every second, and is
 * stale when it has said nothing for as long as people may be left believing.
 */
export type Health = "connecting" | "live" | "stale" | "gone";

/** Silence after which the server is asked whether it is there. */
const ASK_AFTER_MS = 800;
const STALE_AFTER_MS = 2_500;
/** Looks this far apart mean that the page slept (a hidden tab does): it could not have heard. */
const ASLEEP_AFTER_MS = 2_000;

export class Liveness {
  #isConnected = false;
  #wasConnected = false;
  #heardAtMs = 0;
  #askedAtMs = 0;
  #lookedAtMs = 0;

  /** A connection is asked for by choice: that there is none is no loss. */
  connecting(): void {
    this.#isConnected = false;
    this.#wasConnected = false;
  }

  connected(nowMs: number): void {
    this.#isConnected = true;
    this.#wasConnected = true;
    this.#heardAtMs = nowMs;
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  /** Called with each packet. */
  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  /** Called several times a second. `ask`: send something that is answered; true once for each silence. */
  look(nowMs: number): { readonly health: Health; readonly ask: boolean } {
    if (nowMs - this.#lookedAtMs > ASLEEP_AFTER_MS) this.#heardAtMs = Math.max(this.#heardAtMs, nowMs - ASK_AFTER_MS);
    this.#lookedAtMs = nowMs;
    if (!this.#isConnected) return { health: this.#wasConnected ? "gone" : "connecting", ask: false };
    const ask = nowMs - Math.max(this.#heardAtMs, this.#askedAtMs) >= ASK_AFTER_MS;
    if (ask) this.#askedAtMs = nowMs;
    return { health: nowMs - this.#heardAtMs > STALE_AFTER_MS ? "stale" : "live", ask };
  }
}
