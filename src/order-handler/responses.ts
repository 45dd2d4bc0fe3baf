/**
 * Puts the responses of one session into the order of their requests, whatever order the log answers in. A ring of waiting
 * requests, with one place more than may be in flight, for the response that closes the session. Pure.
 */
import { invariant } from "../shared/domain/errors.js";
import type { Answered, DialectResponse, Exchange } from "./dialect.js";

/** A request's number in its session, from 0 on, by which its response is given. */
export type Place = number;

export class Responses {
  readonly #exchanges: (Exchange | null)[];
  readonly #responses: (DialectResponse | null)[];
  #oldest: Place = 0;
  #next: Place = 0;

  constructor(inFlightMax: number) {
    this.#exchanges = new Array<Exchange | null>(inFlightMax + 1).fill(null);
    this.#responses = new Array<DialectResponse | null>(inFlightMax + 1).fill(null);
  }

  /** How many requests have no response yet, or one that is not taken yet. */
  get waiting(): number {
    return this.#next - this.#oldest;
  }

  open(exchange: Exchange): Place {
    const size = this.#exchanges.length;
    invariant(this.waiting < size, "a session has more requests than places for them");
    this.#exchanges[this.#next % size] = exchange;
    this.#responses[this.#next % size] = null;
    return this.#next++;
  }

  /** Must be called once for each place. */
  answer(place: Place, response: DialectResponse): void {
    this.#responses[place % this.#responses.length] = response;
  }

  /** Takes all responses that no earlier request's has to wait for. */
  takeAnswered(): Answered[] {
    const answered: Answered[] = [];
    while (this.#oldest < this.#next) {
      const at = this.#oldest % this.#exchanges.length;
      const [exchange, response] = [this.#exchanges[at] ?? null, this.#responses[at] ?? null];
      if (exchange === null || response === null) break;
      this.#exchanges[at] = null;
      this.#oldest++;
      answered.push({ exchange, response });
    }
    return answered;
  }
}
