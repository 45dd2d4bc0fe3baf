/**
 * Performs the requests of one session and answers them, and knows its account. Until a login is accepted the client is a
 * stranger, of whom only a few messages are looked at. Sockets, timers and servers are behind the ports.
 */
import type { AssetRegistry } from "../shared/domain/assets.js";
import { assertNever } from "../shared/domain/errors.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId, EpochUs } from "../shared/domain/units.js";
import type { LogOutcome } from "../shared/order-entry/batcher.js";
import type { DialectRequest, DialectResponse } from "./dialect.js";
import type { Message } from "./framing.js";
import type { Place } from "./responses.js";

export interface RequestLimits {
  /** Refused logins, after which the connection is closed. */
  readonly loginFailuresMax: number;
  /** Limits of the lines or frames, and of their bytes, before a login is accepted; past them the connection is closed. */
  readonly strangerMessagesMax: number;
  readonly strangerBytesMax: number;
}

export interface LoggedIn {
  readonly accountId: AccountId;
  readonly account: string;
  readonly keyId: string;
  /** Monotonic; null: never. */
  readonly expiresAtMs: number | null;
  /** The trigger that cancels the account's orders when the session has ended; null: none (cod=0). */
  readonly triggerId: string | null;
}

export interface Credentials {
  readonly keyId: string;
  readonly secret: string;
  readonly cancelOnDisconnect: boolean;
}

export interface RequestPorts {
  /** Never rejects. */
  readonly login: (credentials: Credentials) => Promise<LoggedIn | Refusal>;
  /** May settle before it returns. */
  readonly submit: (asset: string, request: OrderRequest, settled: (outcome: LogOutcome) => void) => void;
  /** Never rejects; null: the timer is set. */
  readonly setTimer: (accountId: AccountId, seconds: number) => Promise<Refusal | null>;
}

/** What requests do to their session, which implements it. */
export interface RequestEffects {
  /** Called once for each place. */
  readonly answer: (place: Place, response: DialectResponse) => void;
  /** Ends the session: it takes no more requests. */
  readonly end: (why: string) => void;
  /** Called after the refusal of a login is answered. */
  readonly loginRefused: () => void;
}

export class SessionRequests {
  readonly #registry: AssetRegistry;
  readonly #limits: RequestLimits;
  readonly #ports: RequestPorts;
  readonly #effects: RequestEffects;
  #account: LoggedIn | null = null;
  #isLoggingIn = false;
  #loginFailures = 0;
  #strangerMessages = 0;
  #strangerBytes = 0;

  constructor(registry: AssetRegistry, limits: RequestLimits, ports: RequestPorts, effects: RequestEffects) {
    this.#registry = registry;
    this.#limits = limits;
    this.#ports = ports;
    this.#effects = effects;
  }

  get account(): LoggedIn | null {
    return this.#account;
  }

  get isLoggingIn(): boolean {
    return this.#isLoggingIn;
  }

  /** Counts a stranger's message, also an empty line or a comment; true: it is one too many. */
  isTooMuchOfStranger(message: Message): boolean {
    if (this.#account !== null) return false;
    this.#strangerMessages++;
    this.#strangerBytes += message.kind === "line" ? message.text.length : message.body.length;
    const { strangerMessagesMax, strangerBytesMax } = this.#limits;
    return this.#strangerMessages > strangerMessagesMax || this.#strangerBytes > strangerBytesMax;
  }

  /** Performs the request, and answers at its place, now or later. */
  perform(place: Place, request: DialectRequest | Refusal, receivedAtUs: EpochUs): void {
    const response =
      this.#account === null && needsLogin(request) ? LOG_IN_FIRST : this.#respond(place, request, receivedAtUs);
    if (response !== null) this.#effects.answer(place, response);
  }

  /** Null: the response comes later. */
  #respond(place: Place, request: DialectRequest | Refusal, receivedAtUs: EpochUs): DialectResponse | null {
    if (isRefusal(request)) return refused(request);
    switch (request.kind) {
      case "order":
        return this.#submit(place, request, receivedAtUs);
      case "login":
        return this.#login(place, request);
      case "timer":
        return this.#setTimer(place, request.seconds, receivedAtUs);
      case "heartbeat":
        return { kind: "heartbeat" };
      case "ask":
        return { kind: "say", text: request.answer };
      case "quit":
        this.#effects.end("the client quit");
        return { kind: "say", text: "QUIT" };
      default:
        return assertNever(request);
    }
  }

  #submit(
    place: Place,
    { asset, body }: Extract<DialectRequest, { kind: "order" }>,
    receivedAtUs: EpochUs,
  ): DialectResponse | null {
    if (this.#account === null) return LOG_IN_FIRST;
    this.#ports.submit(asset, { accountId: this.#account.accountId, receivedAtUs, body }, (outcome) => {
      const response: DialectResponse = isRefusal(outcome)
        ? refused(outcome)
        : { kind: "ack", logId: outcome.logId, receivedAtUs, loggedAtUs: outcome.loggedAtUs };
      this.#effects.answer(place, response);
    });
    return null;
  }

  #setTimer(place: Place, seconds: number, receivedAtUs: EpochUs): DialectResponse | null {
    if (this.#account === null) return LOG_IN_FIRST;
    void this.#ports.setTimer(this.#account.accountId, seconds).then((refusal) => {
      const response: DialectResponse =
        refusal === null ? { kind: "timer_set", seconds, receivedAtUs } : refused(refusal);
      this.#effects.answer(place, response);
    });
    return null;
  }

  #login(place: Place, credentials: Credentials): DialectResponse | null {
    if (this.#account !== null)
      return refused(refuse("LOGIN_REJECTED", `this session is logged in as ${this.#account.account} already`));
    this.#isLoggingIn = true;
    void this.#ports.login(credentials).then((outcome) => {
      this.#isLoggingIn = false;
      if (isRefusal(outcome)) {
        if (outcome.name === "LOGIN_REJECTED" || outcome.name === "LOGIN_LIMITED") this.#countLoginFailure();
        this.#effects.answer(place, refused(outcome));
        this.#effects.loginRefused();
      } else {
        this.#account = outcome;
        const assets = this.#registry.assets.values();
        this.#effects.answer(place, { kind: "login_accepted", account: outcome.account, assets });
      }
    });
    return null;
  }

  #countLoginFailure(): void {
    this.#loginFailures++;
    if (this.#loginFailures >= this.#limits.loginFailuresMax) this.#effects.end("too many logins were refused");
  }
}

export function refused({ name, text }: Refusal): DialectResponse {
  return { kind: "refused", name, text };
}

const LOG_IN_FIRST = refused(refuse("LOGIN_REQUIRED", "log in first: LOGIN <key-id> <secret>"));

function needsLogin(request: DialectRequest | Refusal): boolean {
  if (isRefusal(request)) return request.name !== "LOGIN_REJECTED";
  if (request.kind === "ask") return request.needsLogin;
  return request.kind !== "login" && request.kind !== "quit";
}
