/** What a session must be closed for because of the time: a login, a message or any byte that does not come. Pure. */
import { type Refusal, refuse } from "../shared/domain/rejects.js";
import type { EpochUs } from "../shared/domain/units.js";

export interface SessionTimeouts {
  /** From connecting to a login that is accepted, whatever was tried in between. */
  readonly loginTimeoutMs: number;
  /** From a frame's or line's first byte to its last. */
  readonly frameTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export class SessionDeadlines {
  readonly #timeouts: SessionTimeouts;
  readonly #connectedAtUs: EpochUs;
  #receivedAtUs: EpochUs;
  #partialSinceUs: EpochUs | null = null;

  constructor(timeouts: SessionTimeouts, nowUs: EpochUs) {
    this.#timeouts = timeouts;
    this.#receivedAtUs = nowUs;
    this.#connectedAtUs = nowUs;
  }

  /** When the last bytes came. */
  get receivedAtUs(): EpochUs {
    return this.#receivedAtUs;
  }

  received(nowUs: EpochUs): void {
    this.#receivedAtUs = nowUs;
  }

  /** What is left after the whole messages were taken; `tookAny`: another message begins it than before. */
  left(isPartial: boolean, tookAny: boolean): void {
    if (!isPartial) this.#partialSinceUs = null;
    else if (tookAny || this.#partialSinceUs === null) this.#partialSinceUs = this.#receivedAtUs;
  }

  loginOverdue(nowUs: EpochUs): Refusal | null {
    const { loginTimeoutMs } = this.#timeouts;
    if (msBetween(this.#connectedAtUs, nowUs) <= loginTimeoutMs) return null;
    return refuse("LOGIN_REQUIRED", `no login within ${loginTimeoutMs / 1000} s of connecting`);
  }

  overdue(nowUs: EpochUs, isLoggedIn: boolean): Refusal | null {
    const { frameTimeoutMs, idleTimeoutMs } = this.#timeouts;
    const loginOverdue = isLoggedIn ? null : this.loginOverdue(nowUs);
    if (loginOverdue !== null) return loginOverdue;
    if (this.#partialSinceUs !== null && msBetween(this.#partialSinceUs, nowUs) > frameTimeoutMs)
      return refuse("MALFORMED_MESSAGE", `a message was not complete ${frameTimeoutMs / 1000} s after its first byte`);
    if (msBetween(this.#receivedAtUs, nowUs) <= idleTimeoutMs) return null;
    const text = `nothing received for ${idleTimeoutMs / 1000} s; a heartbeat keeps a session open`;
    return refuse("LOGIN_REQUIRED", text);
  }
}

function msBetween(fromUs: EpochUs, toUs: EpochUs): number {
  return (toUs - fromUs) / 1000;
}
