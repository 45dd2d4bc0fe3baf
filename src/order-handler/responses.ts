/**
 * The responses of one session: they leave in the order of their requests, whatever order the log answers in. A ring of
 * requests that wait, with one place more than may be in flight, for the words of closing. Pure.
 */
import { invariant } from "../shared/domain/errors.js";
import type { Answered, DialectResponse, Exchange } from "./dialect.js";

/** Where a request waits for its response: counted from the session's first one on. */
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

  /** Requests whose response is not taken yet. */
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

  /** Once for each place. */
  answer(place: Place, response: DialectResponse): void {
    this.#responses[place % this.#responses.length] = response;
  }

  /** Takes the responses that are next in order. */
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
