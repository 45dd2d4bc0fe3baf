/**
 * Puts the responses of one session into the order of their requests, whatever order the log answers in. There is one place
 * more than requests may be in flight, for the response that closes the session. Pure.
 */
import { invariant } from "../shared/domain/errors.js";
import type { Answered, DialectResponse, Exchange } from "./dialect.js";

/** A request's number in its session, from 0 on, by which its response is given. */
export type Place = number;

interface Waiting {
  readonly exchange: Exchange;
  response: DialectResponse | null;
}

export class Responses {
  readonly #waitingMax: number;
  /** The requests without a response, or with one that is not taken, from the oldest on. */
  #waiting: Waiting[] = [];
  #oldest: Place = 0;

  constructor(inFlightMax: number) {
    this.#waitingMax = inFlightMax + 1;
  }

  /** How many requests have no response yet, or one that is not taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether a request has no response yet. */
  get hasUnknown(): boolean {
    return this.#waiting.some(({ response }) => response === null);
  }

  open(exchange: Exchange): Place {
    invariant(this.waiting < this.#waitingMax, "a session has more requests than places for them");
    return this.#oldest + this.#waiting.push({ exchange, response: null }) - 1;
  }

  /** Must be called once for each place. */
  answer(place: Place, response: DialectResponse): void {
    const waiting = this.#waiting[place - this.#oldest];
    if (waiting !== undefined) waiting.response = response;
  }

  /** Takes all responses that no earlier request's has to wait for. */
  takeAnswered(): Answered[] {
    const answered: Answered[] = [];
    for (const { exchange, response } of this.#waiting) {
      if (response === null) break;
      answered.push({ exchange, response });
    }
    this.#waiting.splice(0, answered.length);
    this.#oldest += answered.length;
    return answered;
  }
}
