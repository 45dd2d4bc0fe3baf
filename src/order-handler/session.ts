/**
 * One client's session: bytes in, responses out in the order of their requests, whatever order the log answers in. It
 * touches no socket, timer or server: the ports do, and the server asks `overdue` now and then.
 */
import { CodecError } from "../shared/domain/errors.js";
import { isRefusal, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { EpochUs } from "../shared/domain/units.js";
import type { RequestLineRules } from "../shared/requests/request-line.js";
import { binaryDialect } from "./binary-dialect.js";
import type { Answered, Dialect, DialectMessage, DialectRequest, DialectResponse, Exchange } from "./dialect.js";
import { type Framed, Framer } from "./framing.js";
import { type Place, Responses } from "./responses.js";
import { SessionDeadlines, type SessionTimeouts } from "./session-deadlines.js";
import { type LoggedIn, type RequestLimits, type RequestPorts, refused, SessionRequests } from "./session-requests.js";
import { isHttp, textDialect } from "./text-dialect.js";

export interface SessionLimits extends SessionTimeouts, RequestLimits {
  /** Requests without a response; then the socket is not read. */
  readonly inFlightMax: number;
}

export interface SessionPorts extends RequestPorts {
  /** By the wall clock, for what clients are told. */
  readonly nowUs: () => EpochUs;
  /** Monotonic, for deadlines. */
  readonly nowMs: () => number;
  /** Why the session must end though it has logged in; null: it may go on. */
  readonly loginProblem: (account: LoggedIn) => Refusal | null;
  /** There is output to take, or the session may be read again. */
  readonly wake: () => void;
}

export class Session {
  readonly #rules: RequestLineRules;
  readonly #limits: SessionLimits;
  readonly #ports: SessionPorts;
  readonly #framer = new Framer();
  #dialect: Dialect | null = null;
  /** Not everything that was received is taken yet: it was not the session's turn, or it was blocked. */
  #hasUntaken = false;
  readonly #requests: SessionRequests;
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
    this.#requests = new SessionRequests(rules.registry, limits, ports, {
      answer: (place, response) => this.#answer(place, response),
      end: (why) => {
        this.#closing ??= why;
      },
      loginRefused: () => this.#closeIfLoginOverdue(),
    });
  }

  get account(): LoggedIn | null {
    return this.#requests.account;
  }

  /** Bytes must wait: too many requests are without a response, or a login is being checked. */
  get isBlocked(): boolean {
    return this.#requests.isLoggingIn || this.#responses.waiting >= this.#limits.inFlightMax;
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
    const problem = this.account === null ? null : this.#ports.loginProblem(this.account);
    if (problem !== null || this.isBlocked) return problem;
    return this.#deadlines.overdue(nowMs, this.account !== null);
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
    if (this.#requests.isTooMuchOfStranger(framed)) {
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

  /** A client that has said nothing yet is told in text. */
  #speak(): Dialect {
    this.#dialect ??= this.#framer.dialect === "binary" ? binaryDialect(this.#rules) : textDialect(this.#rules);
    return this.#dialect;
  }

  #perform({ requestId, clientOrderId, request }: DialectMessage): void {
    const asset = isRefusal(request) || request.kind !== "order" ? null : request.asset;
    const place = this.#open({ requestId, clientOrderId, kind: kindOf(request), asset });
    this.#requests.perform(place, request, this.#receivedAtUs);
  }

  /** A client that sends one login after another is never seen to be overdue between them: it is seen to here. */
  #closeIfLoginOverdue(): void {
    const overdue = this.#deadlines.loginOverdue(this.#ports.nowMs());
    if (overdue !== null) this.close(overdue);
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

function kindOf(request: DialectRequest | Refusal): string {
  if (isRefusal(request)) return "refused";
  return request.kind === "order" ? request.body.kind : request.kind;
}
