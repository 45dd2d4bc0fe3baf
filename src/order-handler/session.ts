/**
 * One client's session: bytes in, responses out in the order of their requests, whatever order the log answers in. Sockets,
 * timers and servers are behind the ports; the server asks `overdue` now and then.
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
  /** Limit of the requests without a response; at it, the socket is not read. */
  readonly inFlightMax: number;
}

export interface SessionPorts extends RequestPorts {
  /** The wall clock, for the times that clients are told. */
  readonly nowUs: () => EpochUs;
  /** The monotonic clock, for deadlines. */
  readonly nowMs: () => number;
  /** Why a logged-in session must end (its key expired or was revoked, say); null: it may go on. */
  readonly loginProblem: (account: LoggedIn) => Refusal | null;
  /** Called when there is output to take, or the socket may be read again. */
  readonly wake: () => void;
}

export class Session {
  readonly #rules: RequestLineRules;
  readonly #limits: SessionLimits;
  readonly #ports: SessionPorts;
  readonly #framer = new Framer();
  #dialect: Dialect | null = null;
  /** Received bytes may hold a message that is not taken yet: it was not the session's turn, or it was blocked. */
  #hasUntaken = false;
  readonly #requests: SessionRequests;
  readonly #responses: Responses;
  readonly #deadlines: SessionDeadlines;
  /** When the last bytes were received. */
  #receivedAtUs: EpochUs;
  #inputEnded = false;
  #closing: string | null = null;
  /** Why it ends as soon as nothing is under way; null: it goes on. */
  #leaving: string | null = null;

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

  /** Whether bytes must wait: too many requests have no response yet, or a login is being checked. */
  get isBlocked(): boolean {
    return this.#requests.isLoggingIn || this.#responses.waiting >= this.#limits.inFlightMax;
  }

  /** Whether a request has no response yet, or received bytes wait for their turn. */
  get hasUnanswered(): boolean {
    return this.#responses.waiting > 0 || this.mayProceed;
  }

  /** Whether a request that was taken has no answer yet: it may still be logged. */
  get mayBeLogged(): boolean {
    return this.#responses.hasUnknown;
  }

  /** Whether it takes no more requests; some may still be answered. */
  get isLeaving(): boolean {
    return this.#inputEnded || this.#closing !== null;
  }

  /** Why the connection ends, once the output is taken and sent; null: it goes on. */
  get closingReason(): string | null {
    return this.#closing;
  }

  /** Whether it is closing, and all its responses are taken. */
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

  /** The client has closed its side; messages that it sent before are still answered. */
  endInput(): void {
    this.#inputEnded = true;
    this.#hasUntaken = true;
  }

  /** Whether `proceed` may find a message to take. */
  get mayProceed(): boolean {
    return this.#hasUntaken && this.#closing === null && !this.isBlocked;
  }

  /** Bytes that were received and not taken. */
  get pendingBytes(): number {
    return this.#framer.pendingBytes;
  }

  /** Takes and performs received messages: at most so many, and no more requests than may be in flight. */
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

  /** Takes the responses that are ready, as bytes; null: there are none. */
  takeOutput(observe: (answered: Answered) => void): Buffer | null {
    const answered = this.#responses.takeAnswered();
    if (!this.hasUnanswered && !this.isBlocked) this.#closing ??= this.#leaving;
    if (answered.length === 0) return null;
    for (const one of answered) observe(one);
    return this.#speak().write(answered);
  }

  /** Why the session must be closed by now; null: it may go on. */
  overdue(nowMs: number): Refusal | null {
    if (this.#closing !== null) return null;
    const problem = this.account === null ? null : this.#ports.loginProblem(this.account);
    if (problem !== null || this.isBlocked) return problem;
    return this.#deadlines.overdue(nowMs, this.account !== null);
  }

  /**
   * Ends the session once every request that was received has its response, without a word: whoever comes back is served by
   * another process. A message that has come in part is left to the next session.
   */
  leave(why: string): void {
    this.#leaving ??= why;
    this.#ports.wake();
  }

  /** Closes the session with this refusal as its last response; no more requests are taken. */
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

  /** The dialect of the session; a client that has sent nothing yet is answered in text. */
  #speak(): Dialect {
    this.#dialect ??= this.#framer.dialect === "binary" ? binaryDialect(this.#rules) : textDialect(this.#rules);
    return this.#dialect;
  }

  #perform({ requestId, clientOrderId, request }: DialectMessage): void {
    const asset = isRefusal(request) || request.kind !== "order" ? null : request.asset;
    const place = this.#open({ requestId, clientOrderId, kind: kindOf(request), asset });
    this.#requests.perform(place, request, this.#receivedAtUs);
  }

  /** Judged after each refused login: a client that sends one after another is always blocked when `overdue` is asked. */
  #closeIfLoginOverdue(): void {
    const overdue = this.#deadlines.loginOverdue(this.#ports.nowMs());
    if (overdue !== null) this.close(overdue);
  }

  /** Closes after the client's last byte. An unfinished last line is not carried out: a part of it may be missing. */
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
