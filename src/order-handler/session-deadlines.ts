/** The deadlines of a session: for a login, for the rest of a message, and for any byte. Pure; all times are monotonic. */
import { type Refusal, refuse } from "../shared/domain/rejects.js";

export interface SessionTimeouts {
  /** From connecting to an accepted login, whatever is sent in between. */
  readonly loginTimeoutMs: number;
  /** From a frame's or line's first byte to its last. */
  readonly frameTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export class SessionDeadlines {
  readonly #timeouts: SessionTimeouts;
  readonly #connectedAtMs: number;
  #receivedAtMs: number;
  #partialSinceMs: number | null = null;

  constructor(timeouts: SessionTimeouts, nowMs: number) {
    this.#timeouts = timeouts;
    this.#receivedAtMs = nowMs;
    this.#connectedAtMs = nowMs;
  }

  received(nowMs: number): void {
    this.#receivedAtMs = nowMs;
  }

  /** Notes whether an incomplete message is left; `tookAny`: it began after messages that were taken just now. */
  left(isPartial: boolean, tookAny: boolean): void {
    if (!isPartial) this.#partialSinceMs = null;
    else if (tookAny || this.#partialSinceMs === null) this.#partialSinceMs = this.#receivedAtMs;
  }

  loginOverdue(nowMs: number): Refusal | null {
    const { loginTimeoutMs } = this.#timeouts;
    if (nowMs - this.#connectedAtMs <= loginTimeoutMs) return null;
    return refuse("LOGIN_REQUIRED", `no login within ${loginTimeoutMs / 1000} s of connecting`);
  }

  overdue(nowMs: number, isLoggedIn: boolean): Refusal | null {
    const { frameTimeoutMs, idleTimeoutMs } = this.#timeouts;
    const loginOverdue = isLoggedIn ? null : this.loginOverdue(nowMs);
    if (loginOverdue !== null) return loginOverdue;
    if (this.#partialSinceMs !== null && nowMs - this.#partialSinceMs > frameTimeoutMs)
      return refuse("MALFORMED_MESSAGE", `a message was not complete ${frameTimeoutMs / 1000} s after its first byte`);
    if (nowMs - this.#receivedAtMs <= idleTimeoutMs) return null;
    const text = `nothing received for ${idleTimeoutMs / 1000} s; a heartbeat keeps a session open`;
    return refuse("LOGIN_REQUIRED", text);
  }
}
