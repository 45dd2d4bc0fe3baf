/**
 * One client's session: bytes in, responses out in the order of their requests, whatever order the log answers in. It
 * touches no socket, timer or server: the ports do, and the server asks `overdue` now and then.
 */

import { assertNever, CodecError } from "../shared/domain/errors.js";
import type { OrderRequest } from "../shared/domain/messages.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId, EpochUs } from "../shared/domain/units.js";
import type { RequestLineRules } from "../shared/requests/request-line.js";
import type { LogOutcome } from "./batcher.js";
import { binaryDialect } from "./binary-dialect.js";
import type { Answered, Dialect, DialectMessage, DialectRequest, DialectResponse, Exchange } from "./dialect.js";
import { type Framed, Framer } from "./framing.js";
import { type Place, Responses } from "./responses.js";
import { SessionDeadlines, type SessionTimeouts } from "./session-deadlines.js";
import { isHttp, textDialect } from "./text-dialect.js";

export interface SessionLimits extends SessionTimeouts {
  /** Requests without a response; then the socket is not read. */
  readonly inFlightMax: number;
  /** Wrong logins; then the connection is closed. */
  readonly loginFailuresMax: number;
  /** Lines or frames, and their bytes, that are looked at before a login is accepted; then the connection is closed. */
  readonly strangerMessagesMax: number;
  readonly strangerBytesMax: number;
}

export interface LoggedIn {
  readonly accountId: AccountId;
  readonly account: string;
  readonly keyId: string;
  /** By the wall clock; null: never. */
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
  /** By the wall clock, for what clients are told. */
  readonly nowUs: () => EpochUs;
  /** Monotonic, for deadlines. */
  readonly nowMs: () => number;
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
  #strangerMessages = 0;
  #strangerBytes = 0;
  /** Not everything that was received is taken yet: it was not the session's turn, or it was blocked. */
  #hasUntaken = false;
  readonly #responses: Responses;
  readonly #deadlines: SessionDeadlines;
  /** When the last bytes came. */
  #receivedAtUs: EpochUs;
  #inputEnded = false;
  #closing: string | null = null;

  constructor(rules: RequestLineRules, limits: SessionLimits, ports: SessionPorts) {
    this.#rules = rules;
    this.#limits = limits;
    this.#ports = ports;
    this.#responses = new Responses(limits.inFlightMax);
    this.#deadlines = new SessionDeadlines(limits, ports.nowMs());
    this.#receivedAtUs = ports.nowUs();
  }

  get account(): LoggedIn | null {
    return this.#account;
  }

  /** Bytes must wait: too many requests are without a response, or a login is being checked. */
  get isBlocked(): boolean {
    return this.#loggingIn || this.#responses.waiting >= this.#limits.inFlightMax;
  }

  /** Also what was received and waits for its turn. */
  get hasUnanswered(): boolean {
    return this.#responses.waiting > 0 || this.mayProceed;
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
    this.#deadlines.received(this.#ports.nowMs());
    if (this.#closing !== null) return;
    this.#framer.push(chunk);
    this.#hasUntaken = true;
  }

  /** The client sends nothing more; what it sent is still answered. */
  endInput(): void {
    this.#inputEnded = true;
    this.#hasUntaken = true;
  }

  /** There is something to proceed with. */
  get mayProceed(): boolean {
    return this.#hasUntaken && this.#closing === null && !this.isBlocked;
  }

  /** Bytes that were received and not taken. */
  get pendingBytes(): number {
    return this.#framer.pendingBytes;
  }

  /** Takes at most so many requests, and no more than may be in flight. */
  proceed(messagesMax: number): void {
    let taken = 0;
    while (this.mayProceed && taken < messagesMax) {
      const framed = this.#framer.take();
      if (framed === null) this.#hasUntaken = false;
      else {
        this.#take(framed);
        taken++;
      }
    }
    const isPartial = !this.#hasUntaken && this.#closing === null && !this.isBlocked;
    this.#deadlines.left(isPartial && this.#framer.pendingBytes > 0, taken > 0);
    if (this.#inputEnded && isPartial) this.#finishInput();
  }

  /** The responses that are next in order, encoded; null when there are none. */
  takeOutput(observe: (answered: Answered) => void): Buffer | null {
    const answered = this.#responses.takeAnswered();
    if (answered.length === 0) return null;
    for (const one of answered) observe(one);
    return this.#speak().write(answered);
  }

  /** What the session must be closed for by now, if anything. */
  overdue(nowMs: number): Refusal | null {
    if (this.#closing !== null) return null;
    const problem = this.#account === null ? null : this.#ports.loginProblem(this.#account);
    if (problem !== null || this.isBlocked) return problem;
    return this.#deadlines.overdue(nowMs, this.#account !== null);
  }

  /** Says why, after all earlier responses, and takes no more requests. */
  close(why: Refusal): void {
    if (this.#closing !== null) return;
    const place = this.#open({ requestId: 0, clientOrderId: null, kind: "closing", asset: null });
    this.#closing = why.text;
    this.#answer(place, refused(why));
  }

  #take(framed: Framed): void {
    if (framed.kind === "broken") {
      this.close(refuse("MALFORMED_MESSAGE", framed.text));
      return;
    }
    if (framed.kind === "line" && isHttp(framed.text)) {
      this.close(refuse("MALFORMED_MESSAGE", "this port does not speak HTTP; nothing of this was carried out"));
      return;
    }
    if (this.#account === null && this.#isTooMuchOf(framed)) {
      this.close(refuse("LOGIN_REQUIRED", "too much was sent before a login was accepted: LOGIN <key-id> <secret>"));
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

  /** What a stranger may have looked at is bounded, empty lines and comments, too. */
  #isTooMuchOf(framed: Exclude<Framed, { kind: "broken" }>): boolean {
    this.#strangerMessages++;
    this.#strangerBytes += framed.kind === "line" ? framed.text.length : framed.body.length;
    const { strangerMessagesMax, strangerBytesMax } = this.#limits;
    return this.#strangerMessages > strangerMessagesMax || this.#strangerBytes > strangerBytesMax;
  }

  /** A client that has said nothing yet is told in text. */
  #speak(): Dialect {
    this.#dialect ??= this.#framer.dialect === "binary" ? binaryDialect(this.#rules) : textDialect(this.#rules);
    return this.#dialect;
  }

  #perform({ requestId, clientOrderId, request }: DialectMessage): void {
    const asset = isRefusal(request) || request.kind !== "order" ? null : request.asset;
    const place = this.#open({ requestId, clientOrderId, kind: kindOf(request), asset });
    const response = this.#account === null && needsLogin(request) ? LOG_IN_FIRST : this.#respond(request, place);
    if (response !== null) this.#answer(place, response);
  }

  /** Null: the response comes later. */
  #respond(request: DialectRequest | Refusal, place: Place): DialectResponse | null {
    if (isRefusal(request)) return refused(request);
    switch (request.kind) {
      case "order":
        return this.#submit(place, request);
      case "login":
        return this.#login(place, request);
      case "timer":
        return this.#setTimer(place, request.seconds);
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

  #submit(place: Place, { asset, body }: Extract<DialectRequest, { kind: "order" }>): DialectResponse | null {
    if (this.#account === null) return LOG_IN_FIRST;
    const receivedAtUs = this.#receivedAtUs;
    this.#ports.submit(asset, { accountId: this.#account.accountId, receivedAtUs, body }, (outcome) => {
      const response: DialectResponse = isRefusal(outcome)
        ? refused(outcome)
        : { kind: "ack", logId: outcome.logId, receivedAtUs, loggedAtUs: outcome.loggedAtUs };
      this.#answer(place, response);
    });
    return null;
  }

  #setTimer(place: Place, seconds: number): DialectResponse | null {
    if (this.#account === null) return LOG_IN_FIRST;
    const receivedAtUs = this.#receivedAtUs;
    void this.#ports.setTimer(this.#account.accountId, seconds).then((refusal) => {
      this.#answer(place, refusal === null ? { kind: "timer_set", seconds, receivedAtUs } : refused(refusal));
    });
    return null;
  }

  #login(place: Place, request: Extract<DialectRequest, { kind: "login" }>): DialectResponse | null {
    if (this.#account !== null)
      return refused(refuse("LOGIN_REJECTED", `this session is logged in as ${this.#account.account} already`));
    this.#loggingIn = true;
    void this.#ports.login(request).then((outcome) => {
      this.#loggingIn = false;
      if (isRefusal(outcome)) {
        if (outcome.name === "LOGIN_REJECTED" || outcome.name === "LOGIN_LIMITED") this.#countLoginFailure();
        this.#answer(place, refused(outcome));
        // Whoever sends one login after another is never seen to be overdue between them.
        const overdue = this.#deadlines.loginOverdue(this.#ports.nowMs());
        if (overdue !== null) this.close(overdue);
      } else {
        this.#account = outcome;
        const assets = this.#rules.registry.assets.values();
        this.#answer(place, { kind: "login_accepted", account: outcome.account, assets });
      }
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

  #open(request: Omit<Exchange, "receivedAtUs">): Place {
    return this.#responses.open({ ...request, receivedAtUs: this.#receivedAtUs });
  }

  #answer(place: Place, response: DialectResponse): void {
    this.#responses.answer(place, response);
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
