/** Signing in with an e-mail address and a code, and what belongs to a person: sessions, the faucet. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { TokenSource } from "../../src/shared/subscriber/connection.js";
import type { AccessToken, GatewayClient } from "../feed/gateway-client.js";
import { type Outcome, type Problem, problemText } from "../state/problem.js";
import type { Who } from "./who.js";

export interface SessionJson {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly lastSeen: number;
  readonly address: string;
  readonly isThis: boolean;
}

export interface Me {
  readonly email: string;
  readonly account: string;
  readonly sessions: readonly SessionJson[];
}

export interface PersonParts {
  readonly page: {
    readonly who: ReadonlySignal<Who | null>;
    signIn(name: string, tokens: TokenSource): void;
    logOut(): void;
  };
  readonly client: GatewayClient;
  /** Whether somebody signed in, which the browser keeps. */
  readonly kept: { isThere(): boolean; keep(): void; forget(): void };
  readonly pause: (ms: number) => Promise<void>;
}

const RESUME_AGAIN_MS = 2_000;

export class Person {
  /** Where signing in is: an address is asked for, or the code that was sent to it. */
  readonly stage: Signal<"address" | "code"> = signal("address");
  readonly email = signal("");
  /** In development the gateway says the code itself. */
  readonly devCode = signal("");
  readonly isBusy = signal(false);
  readonly problem = signal("");
  readonly me: Signal<Me | null> = signal(null);
  /** What the faucet said last. */
  readonly faucet = signal("");
  readonly #parts: PersonParts;

  constructor(parts: PersonParts) {
    this.#parts = parts;
  }

  /** Goes on with the session that the cookie stands for, if there is one; a gateway that is not there is asked again. */
  async resume(): Promise<void> {
    const { page, client, kept, pause } = this.#parts;
    while (kept.isThere() && page.who.value === null) {
      if (await client.refresh()) return await this.#signedIn();
      await pause(RESUME_AGAIN_MS);
    }
  }

  async requestCode(email: string): Promise<void> {
    this.email.value = email.trim();
    const body = { email: this.email.value };
    const outcome = await this.#busy(() =>
      this.#parts.client.ask<{ devCode?: string }>("/api/auth/request-otp", { method: "POST", body }),
    );
    if (!outcome.ok) return;
    this.devCode.value = outcome.body.devCode ?? "";
    this.stage.value = "code";
  }

  async verify(code: string): Promise<void> {
    const body = { email: this.email.value, code: code.trim() };
    const outcome = await this.#busy(() =>
      this.#parts.client.ask<AccessToken>("/api/auth/verify-otp", { method: "POST", body }),
    );
    if (!outcome.ok) return;
    this.#parts.client.useToken(outcome.body);
    await this.#signedIn();
  }

  anotherAddress(): void {
    this.stage.value = "address";
    this.problem.value = "";
    this.devCode.value = "";
  }

  /** The page forgets at once; the gateway is told so that the cookie is worth nothing. */
  async signOut(isEverywhere: boolean): Promise<void> {
    const body = isEverywhere ? { everywhere: true } : {};
    const outcome = await this.#busy(() => this.#parts.client.ask("/api/auth/logout", { method: "POST", body }));
    if (!outcome.ok) return;
    this.ended("");
  }

  /** The session is over; `why` is shown. */
  ended(why: string): void {
    this.#parts.kept.forget();
    this.me.value = null;
    this.faucet.value = "";
    this.anotherAddress();
    this.problem.value = why;
    if (this.#parts.page.who.value?.kind === "person") this.#parts.page.logOut();
  }

  async readMe(): Promise<void> {
    const outcome = await this.#busy(() => this.#parts.client.ask<Me>("/api/me"));
    if (outcome.ok) this.me.value = outcome.body;
  }

  async endSession(id: string): Promise<void> {
    const path = `/api/sessions/${encodeURIComponent(id)}`;
    const outcome = await this.#busy(() => this.#parts.client.ask(path, { method: "DELETE" }));
    if (outcome.ok) await this.readMe();
  }

  async askFaucet(): Promise<void> {
    const outcome = await this.#parts.client.ask<{ given?: readonly Given[] }>("/api/faucet", {
      method: "POST",
      body: {},
    });
    this.faucet.value = outcome.ok ? givenText(outcome.body.given ?? []) : problemText(outcome.problem);
  }

  async #signedIn(): Promise<void> {
    const { page, client, kept } = this.#parts;
    kept.keep();
    await this.readMe();
    const name = this.me.value?.email ?? "your account";
    this.stage.value = "address";
    this.devCode.value = "";
    page.signIn(name, { token: () => client.token, renew: () => client.refresh() });
  }

  async #busy<Body>(act: () => Promise<Outcome<Body>>): Promise<Outcome<Body>> {
    this.isBusy.value = true;
    const outcome = await act();
    this.isBusy.value = false;
    this.problem.value = outcome.ok ? "" : problemText(outcome.problem as Problem);
    return outcome;
  }
}

interface Given {
  /** A currency. */
  readonly asset: string;
  readonly amount: string;
}

function givenText(given: readonly Given[]): string {
  return given.length === 0
    ? "The faucet has given"
    : `You were given ${given.map(({ amount, asset }) => `${amount} ${asset}`).join(", ")}`;
}
