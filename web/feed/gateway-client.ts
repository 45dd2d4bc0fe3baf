/**
 * Questions to the gateway over HTTP, each with a deadline. Who asks is a key, or a person with an access token, which is kept in
 * memory only; when it is refused, the refresh cookie, which no script can read, gets another one, once.
 */
import type { Key } from "../../src/shared/subscriber/connection.js";
import { NO_ANSWER, type Outcome, type Problem } from "../state/problem.js";

const ANSWER_TIMEOUT_MS = 8_000;
const UNAUTHORIZED = 401;

export interface Ask {
  readonly method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
}

export interface AccessToken {
  readonly accessToken: string;
}

/** What a client is made of: the browser's fetch, as far as it is used. */
export interface ClientParts {
  fetch(
    url: URL,
    ask: {
      readonly method: string;
      readonly credentials: "include" | "omit";
      readonly cache: "no-store";
      readonly headers: Record<string, string>;
      readonly body?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<Answer>;
  /** Runs it while no other tab runs one: tabs share the cookie, and each that was rotated counts once. */
  alone<Result>(act: () => Promise<Result>): Promise<Result>;
  /** The cookie is no longer good. */
  onSignedOut(): void;
}

interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

export class GatewayClient {
  readonly url: string;
  readonly #parts: ClientParts;
  #key: Key | null = null;
  #token: string | null = null;
  #refreshing: Promise<boolean> | null = null;

  constructor(url: string, parts: ClientParts) {
    this.url = url;
    this.#parts = parts;
  }

  useKey(key: Key | null): void {
    this.#key = key;
    this.#token = null;
  }

  useToken({ accessToken }: AccessToken): void {
    this.#key = null;
    this.#token = accessToken;
  }

  /** What a WebSocket logs in with; null: nobody is known. */
  get login(): object | null {
    return this.#key !== null ? { ...this.#key } : this.#token !== null ? { token: this.#token } : null;
  }

  get token(): string | null {
    return this.#token;
  }

  /** Never rejects. */
  async ask<Body>(path: string, ask: Ask = {}): Promise<Outcome<Body>> {
    const outcome = await this.#send<Body>(path, ask);
    if (outcome.ok || outcome.problem.status !== UNAUTHORIZED || this.#token === null) return outcome;
    return (await this.refresh()) ? await this.#send<Body>(path, ask) : outcome;
  }

  /** Gets an access token by the cookie. False: there is no good one, or no answer; only the first signs out. */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refreshAlone().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refreshAlone(): Promise<boolean> {
    const ask = () => this.#send<AccessToken>("/api/auth/refresh", { method: "POST", body: {} });
    const outcome = await this.#parts.alone(ask);
    if (outcome.ok) this.useToken(outcome.body);
    else if (outcome.problem.status === UNAUTHORIZED) {
      this.#token = null;
      this.#parts.onSignedOut();
    }
    return outcome.ok;
  }

  async #send<Body>(path: string, { method = "GET", query = {}, body }: Ask): Promise<Outcome<Body>> {
    const url = new URL(path, this.url);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const authorization = this.#authorization();
    try {
      const response = await this.#parts.fetch(url, {
        method,
        credentials: path.startsWith("/api/auth/") ? "include" : "omit",
        cache: "no-store",
        headers: {
          ...(authorization !== null && { authorization }),
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const text = await response.text();
      if (response.ok) return { ok: true, body: (text === "" ? {} : JSON.parse(text)) as Body };
      return { ok: false, problem: problemIn(text, response) };
    } catch {
      return { ok: false, problem: UNANSWERED };
    }
  }

  #authorization(): string | null {
    if (this.#token !== null) return `Bearer ${this.#token}`;
    if (this.#key === null) return null;
    const bytes = new TextEncoder().encode(`${this.#key.keyId}:${this.#key.secret}`);
    return `Basic ${btoa(String.fromCharCode(...bytes))}`;
  }
}

const UNANSWERED: Problem = {
  code: NO_ANSWER,
  name: "NO_ANSWER",
  text: "the gateway gave no answer in time",
  status: 0,
};

/** An error in the gateway's form; where it is another's (a proxy's), what can be said of it. */
function problemIn(text: string, { status, headers }: Answer): Problem {
  const retryAfterS = Number(headers.get("retry-after")) || undefined;
  const more = { status, ...(retryAfterS !== undefined && { retryAfterS }) };
  try {
    const { code, name, text: words, ...where } = JSON.parse(text);
    if (typeof code === "number" && typeof words === "string") return { ...where, code, name, text: words, ...more };
  } catch {
    // Not ours.
  }
  return { code: NO_ANSWER, name: "NO_ANSWER", text: `the gateway's address answered with status ${status}`, ...more };
}
