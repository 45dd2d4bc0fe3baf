import type { Answer } from "./gateway-process.js";

export const PAGE_ORIGIN = "http://localhost:7002";

/** A browser's part in signing in: it keeps the cookie, and says where its page comes from. */
export class Browser {
  readonly #url: string;
  readonly #origin: string | null;
  cookie: string | null = null;
  /** What the last Set-Cookie said. */
  setCookie: string | null = null;
  token: string | null = null;

  constructor(url: string, origin: string | null = PAGE_ORIGIN) {
    this.#url = url;
    this.#origin = origin;
  }

  /** The access token that comes back is kept. */
  async ask(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: {
        ...(this.#origin !== null && { origin: this.#origin }),
        ...(this.cookie !== null && path.startsWith("/api/auth") && { cookie: this.cookie }),
        ...(this.token !== null && !path.startsWith("/api/auth") && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    this.setCookie = answer.headers.get("set-cookie");
    if (this.setCookie !== null) this.cookie = this.setCookie.split(";")[0] ?? null;
    const text = await answer.text();
    const json = text === "" ? null : JSON.parse(text);
    if (typeof json?.accessToken === "string") this.token = json.accessToken;
    return { status: answer.status, headers: answer.headers, body: json };
  }

  async devLogin(email: string): Promise<Answer> {
    return await this.ask("POST", "/api/auth/dev-login", { email });
  }
}
