/** The desk's API, to this page: the key stays in memory, and goes out in a header alone. */

/** The server's own words about a request that it refused, or why it could not be asked. */
export class Refused extends Error {
  override readonly name = "Refused";
  /** Null: there was no answer. */
  readonly status: number | null;

  constructor(text: string, status: number | null) {
    super(text);
    this.status = status;
  }
}

/** What the API answers; views read it field by field. */
// biome-ignore lint/suspicious/noExplicitAny: the server's schemas say what it has
export type Answer = any;

const ANSWER_DEADLINE_MS = 35_000;

export class Api {
  readonly #authorization: string;

  constructor(keyId: string, secret: string) {
    this.#authorization = `Basic ${btoa(`${keyId}:${secret}`)}`;
  }

  get(path: string): Promise<Answer> {
    return this.#ask(path, { method: "GET" }, {});
  }

  /** `once`: under the same one, it is done once. */
  act(path: string, body: object, once: string): Promise<Answer> {
    const headers = { "content-type": "application/json", "idempotency-key": once };
    return this.#ask(path, { method: "POST", body: JSON.stringify(body) }, headers);
  }

  async #ask(path: string, init: RequestInit, headers: Record<string, string>): Promise<Answer> {
    const signal = AbortSignal.timeout(ANSWER_DEADLINE_MS);
    const own = { ...headers, authorization: this.#authorization };
    const response = await fetch(path, { ...init, headers: own, signal, credentials: "omit" }).catch(() => {
      throw new Refused("the desk does not answer", null);
    });
    const answer: Answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(answer.text ?? `the desk answered ${response.status}`, response.status);
    return answer;
  }
}

/** A name for an act that nobody else has. */
export function newOnce(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
