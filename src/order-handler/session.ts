/**
 * One client's session: bytes in, responses out in the order of their requests, whatever order the log answers in. It
 * touches no socket, timer or server: the ports do, and the server asks `overdue` now and then.
 */

import { assertNever, CodecError, invariant } from "../shared/domain/errors.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId, EpochUs } from "../shared/domain/units.js";
import type { RequestLineRules } from "../shared/requests/request-line.js";
import type { LogOutcome } from "./batcher.js";
import { binaryDialect } from "./binary-dialect.js";
import type { Dialect, DialectMessage, DialectRequest, DialectResponse, Exchange } from "./dialect.js";
import { type Framed, Framer } from "./framing.js";
import { textDialect } from "./text-dialect.js";

export interface SessionLimits {
  readonly loginTimeoutMs: number;
  /** From a frame's or line's first byte to its last. */
  readonly frameTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Requests without a response; then the socket is not read. */
  readonly inFlightMax: number;
  /** Wrong logins; then the connection is closed. */
  readonly loginFailuresMax: number;
}

export interface LoggedIn {
  readonly accountId: AccountId;
  readonly account: string;
  readonly keyId: string;
  /** Monotonic; null: never. */
  readonly expiresAtMs: number | null;
  /** What cancels the account's orders when the session has ended; null: nothing does. */
  readonly triggerId: string | null;
}

export interface Credentials {
  readonly keyId: string;
  readonly secret: string;
  readonly cancelOnDisconnect: boolean;
}

export interface SessionPorts {
  readonly nowUs: () => EpochUs;
  /** Never rejects. */
  readonly login: (credentials: Credentials) => Promise<LoggedIn | Refusal>;
  /** Why the session must end though it has logged in; null: it may go on. */
  readonly loginProblem: (account: LoggedIn) => Refusal | null;
  /** May settle before it returns. */
  readonly submit: (asset: string, request: OrderRequest, settled: (outcome: LogOutcome) => void) => void;
  /** Never rejects; null: it is set. */
  readonly setTimer: (accountId: AccountId, seconds: number) => Promise<Refusal | null>;
  /** There is output to take, or the session may be read again. */
  readonly wake: () => void;
}

export class Session {
  readonly #rules: RequestLineRules;
  readonly #limits: SessionLimits;
  readonly #ports: SessionPorts;
  readonly #framer = new Framer();
  #dialect: Dialect | null = null;
  #account: LoggedIn | null = null;
  #loggingIn = false;
  #loginFailures = 0;

  /** A ring of requests that wait for their response; one place more, for the words of closing. */
  readonly #exchanges: (Exchange | null)[];
  #oldest = 0;
  #next = 0;

  #loginFromUs: EpochUs;
  #receivedAtUs: EpochUs;
  #partialSinceUs: EpochUs | null = null;
  #inputEnded = false;
  #closing: string | null = null;

  constructor(rules: RequestLineRules, limits: SessionLimits, ports: SessionPorts) {
    this.#rules = rules;
    this.#limits = limits;
    this.#ports = ports;
    this.#exchanges = new Array<Exchange | null>(limits.inFlightMax + 1).fill(null);
    this.#receivedAtUs = ports.nowUs();
    this.#loginFromUs = this.#receivedAtUs;
  }

  get account(): LoggedIn | null {
    return this.#account;
  }

  /** Bytes must wait: too many requests are without a response, or a login is being checked. */
  get isBlocked(): boolean {
    return this.#loggingIn || this.#next - this.#oldest >= this.#limits.inFlightMax;
  }

  get hasUnanswered(): boolean {
    return this.#next > this.#oldest;
  }

  /** It takes no more requests, though some may still be answered. */
  get isLeaving(): boolean {
    return this.#inputEnded || this.#closing !== null;
  }

  /** Why the connection ends, once the output is taken and sent; null: it goes on. */
  get closingReason(): string | null {
    return this.#closing;
  }

  /** Everything was answered and taken, and nothing will follow. */
  get isFinished(): boolean {
    return this.#closing !== null && !this.hasUnanswered;
  }

  receive(chunk: Buffer): void {
    this.#receivedAtUs = this.#ports.nowUs();
    if (this.#closing !== null) return;
    this.#framer.push(chunk);
    this.proceed();
  }

  /** The client sends nothing more; what it sent is still answered. */
  endInput(): void {
    this.#inputEnded = true;
    this.proceed();
  }

  /** Takes as many requests as may be in flight. */
  proceed(): void {
    let taken = 0;
    while (this.#closing === null && !this.isBlocked) {
      const framed = this.#framer.take();
      if (framed === null) break;
      this.#take(framed);
      taken++;
    }
    if (this.#closing !== null || this.isBlocked || this.#framer.pendingBytes === 0) this.#partialSinceUs = null;
    else if (taken > 0 || this.#partialSinceUs === null) this.#partialSinceUs = this.#receivedAtUs;
    if (this.#inputEnded && this.#closing === null && !this.isBlocked) this.#finishInput();
  }

  /** The responses that are next in order, encoded; null when there are none. */
  takeOutput(answered: (exchange: Exchange) => void): Buffer | null {
    const ready: Exchange[] = [];
    while (this.#oldest < this.#next) {
      const at = this.#oldest % this.#exchanges.length;
      const exchange = this.#exchanges[at] ?? null;
      if (exchange === null || exchange.response === null) break;
      this.#exchanges[at] = null;
      this.#oldest++;
      ready.push(exchange);
      answered(exchange);
    }
    if (ready.length === 0) return null;
    return this.#speak().write(ready);
  }

  /** What the session must be closed for by now, if anything. */
  overdue(nowUs: EpochUs): Refusal | null {
    const { loginTimeoutMs, frameTimeoutMs, idleTimeoutMs } = this.#limits;
    if (this.#closing !== null) return null;
    const problem = this.#account === null ? null : this.#ports.loginProblem(this.#account);
    if (problem !== null || this.isBlocked) return problem;
    if (this.#account === null && msBetween(this.#loginFromUs, nowUs) > loginTimeoutMs)
      return refuse("LOGIN_REQUIRED", `no login within ${loginTimeoutMs / 1000} s of connecting`);
    if (this.#partialSinceUs !== null && msBetween(this.#partialSinceUs, nowUs) > frameTimeoutMs)
      return refuse("MALFORMED_MESSAGE", `a message was not complete ${frameTimeoutMs / 1000} s after its first byte`);
    if (msBetween(this.#receivedAtUs, nowUs) > idleTimeoutMs)
      return refuse(
        "LOGIN_REQUIRED",
        `nothing received for ${idleTimeoutMs / 1000} s; a heartbeat keeps a session open`,
      );
    return null;
  }

  /** Says why, after all earlier responses, and takes no more requests. */
  close(why: Refusal): void {
    if (this.#closing !== null) return;
    const exchange = this.#open({ requestId: 0, clientOrderId: null }, "closing", null);
    this.#closing = why.text;
    this.#answer(exchange, refused(why));
  }

  #take(framed: Framed): void {
    if (framed.kind === "broken") {
      this.close(refuse("MALFORMED_MESSAGE", framed.text));
      return;
    }
    try {
      const message = this.#speak().read(framed);
      if (message !== null) this.#perform(message);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.close(refuse("MALFORMED_MESSAGE", `the message can't be decoded: ${error.message}`));
    }
  }

  /** A client that has said nothing yet is told in text. */
  #speak(): Dialect {
    this.#dialect ??= this.#framer.dialect === "binary" ? binaryDialect(this.#rules) : textDialect(this.#rules);
    return this.#dialect;
  }

  #perform(message: DialectMessage): void {
    const { request } = message;
    const exchange = this.#open(
      message,
      kindOf(request),
      isRefusal(request) || request.kind !== "order" ? null : request.asset,
    );
    const response = this.#account === null && needsLogin(request) ? LOG_IN_FIRST : this.#respond(request, exchange);
    if (response !== null) this.#answer(exchange, response);
  }

  /** Null: the response comes later. */
  #respond(request: DialectRequest | Refusal, exchange: Exchange): DialectResponse | null {
    if (isRefusal(request)) return refused(request);
    switch (request.kind) {
      case "order":
        return this.#submit(exchange, request);
      case "login":
        return this.#login(exchange, request);
      case "timer":
        return this.#setTimer(exchange, request.seconds);
      case "heartbeat":
        return { kind: "heartbeat" };
      case "ask":
        return { kind: "say", text: request.answer };
      case "quit":
        this.#closing = "the client quit";
        return { kind: "say", text: "QUIT" };
      default:
        return assertNever(request);
    }
  }

  #submit(exchange: Exchange, { asset, body }: Extract<DialectRequest, { kind: "order" }>): DialectResponse | null {
    if (this.#account === null) return LOG_IN_FIRST;
    const { receivedAtUs } = exchange;
    this.#ports.submit(asset, { accountId: this.#account.accountId, receivedAtUs, body }, (outcome) => {
      const response: DialectResponse = isRefusal(outcome)
        ? refused(outcome)
        : { kind: "ack", logId: outcome.logId, receivedAtUs, loggedAtUs: outcome.loggedAtUs };
      this.#answer(exchange, response);
    });
    return null;
  }

  #setTimer(exchange: Exchange, seconds: number): DialectResponse | null {
    if (this.#account === null) return LOG_IN_FIRST;
    const { receivedAtUs } = exchange;
    void this.#ports.setTimer(this.#account.accountId, seconds).then((refusal) => {
      this.#answer(exchange, refusal === null ? { kind: "timer_set", seconds, receivedAtUs } : refused(refusal));
    });
    return null;
  }

  #login(exchange: Exchange, request: Extract<DialectRequest, { kind: "login" }>): DialectResponse | null {
    if (this.#account !== null)
      return refused(refuse("LOGIN_REJECTED", `this session is logged in as ${this.#account.account} already`));
    this.#loggingIn = true;
    void this.#ports.login(request).then((outcome) => {
      this.#loggingIn = false;
      this.#loginFromUs = this.#ports.nowUs();
      if (isRefusal(outcome)) {
        if (outcome.name === "LOGIN_REJECTED") this.#countLoginFailure();
        this.#answer(exchange, refused(outcome));
      } else {
        this.#account = outcome;
        const assets = this.#rules.registry.assets.values();
        this.#answer(exchange, { kind: "login_accepted", account: outcome.account, assets });
      }
      this.proceed();
    });
    return null;
  }

  #countLoginFailure(): void {
    this.#loginFailures++;
    if (this.#loginFailures >= this.#limits.loginFailuresMax) this.#closing ??= "too many logins were refused";
  }

  /** An unfinished last line is not carried out: the rest of it may be what is missing. */
  #finishInput(): void {
    if (this.#framer.pendingBytes > 0)
      this.close(refuse("MALFORMED_MESSAGE", "the last message is not complete and was not carried out"));
    this.#closing ??= "the client closed its side";
    this.#ports.wake();
  }

  #open(
    { requestId, clientOrderId }: { requestId: number; clientOrderId: string | null },
    kind: string,
    asset: string | null,
  ): Exchange {
    invariant(this.#next - this.#oldest < this.#exchanges.length, "a session has more requests than places for them");
    const receivedAtUs = this.#receivedAtUs;
    const exchange: Exchange = { requestId, clientOrderId, kind, asset, receivedAtUs, response: null };
    this.#exchanges[this.#next % this.#exchanges.length] = exchange;
    this.#next++;
    return exchange;
  }

  #answer(exchange: Exchange, response: DialectResponse): void {
    exchange.response = response;
    this.#ports.wake();
  }
}

function refused({ name, text }: Refusal): DialectResponse {
  return { kind: "refused", name, text };
}

const LOG_IN_FIRST = refused(refuse("LOGIN_REQUIRED", "log in first: LOGIN <key-id> <secret>"));

function needsLogin(request: DialectRequest | Refusal): boolean {
  if (isRefusal(request)) return request.name !== "LOGIN_REJECTED";
  if (request.kind === "ask") return request.needsLogin;
  return request.kind !== "login" && request.kind !== "quit";
}

function kindOf(request: DialectRequest | Refusal): string {
  if (isRefusal(request)) return "refused";
  return request.kind === "order" ? request.body.kind : request.kind;
}

function msBetween(fromUs: EpochUs, toUs: EpochUs): number {
  return (toUs - fromUs) / 1000;
}
