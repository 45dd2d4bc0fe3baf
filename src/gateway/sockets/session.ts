import { keyProblem } from "../../shared/access/access-feed.js";
import type { Answer } from "../../shared/channels/listener.js";
import { assertNever } from "../../shared/domain/errors.js";
import { isRefusal, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { EpochMs } from "../../shared/domain/units.js";
import type { Identity } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { problemOf } from "../../shared/http/server.js";
import { TokenBucket } from "../../shared/process/token-bucket.js";
import type { GatewayContext } from "../context.js";
import { assetNamed, newOrderOf, replaceOf } from "../orders/order-body.js";
import { acceptedBody } from "../v1/accepted.js";
import { cancelAll, cancelOf } from "../v1/cancels.js";
import { orderIdOf } from "../v1/order-place.js";
import type { Connection } from "./connection.js";
import { answerText, type Id, requestIn, type SocketRequest } from "./request.js";

/** Answers that a client may have to wait for; with more, nothing more is read of it until half of them are out. */
const UNANSWERED_MAX = 512;
const MESSAGES_PER_SECOND_MAX = 200;
const MESSAGES_AT_ONCE_MAX = 1_000;
/** After so many messages in a row that were too many the client is cut. */
const REFUSED_MAX = 2_000;

const LOG_IN_FIRST = refuse("LOGIN_REQUIRED", 'log in first: {"id":1,"op":"login","args":{"keyId":"…","secret":"…"}}');
const NO_CREDENTIALS = refuse("LOGIN_REJECTED", "a login has keyId and secret, or the token of a sign-in");
const MAY_ONLY_READ = refuse("LOGIN_REJECTED", "the key may only read; this needs a key of the role trade");
const NOT_WATCHED = refuse("UNAVAILABLE", "cancelOnDisconnect can't be promised at the moment; try again later");
const TOO_FAST = refuse("RATE_LIMITED", `at most ${MESSAGES_PER_SECOND_MAX} messages a second: wait a little`);

type LoginArgs = Extract<SocketRequest, { op: "login" }>["args"];

export interface SessionPorts {
  pause(): void;
  resume(): void;
  terminate(): void;
}

/** One client's requests over a WebSocket: each is begun when it comes, and answered when all before it are. */
export class Session {
  readonly #context: GatewayContext;
  readonly #connection: Connection;
  readonly #ports: SessionPorts;
  readonly #address: string;
  readonly #budget = new TokenBucket(
    { perSecond: MESSAGES_PER_SECOND_MAX, burst: MESSAGES_AT_ONCE_MAX },
    performance.now(),
  );
  #refusedInARow = 0;
  #unanswered = 0;
  /** The last answer to come. */
  #answered: Promise<void> = Promise.resolve();
  /** What must be known before later requests may begin: a login, the order that a name stands for. */
  #begun: Promise<unknown> | null = null;
  #triggerId: string | null = null;
  #hasEnded = false;

  constructor(context: GatewayContext, connection: Connection, ports: SessionPorts, address: string) {
    this.#context = context;
    this.#connection = connection;
    this.#ports = ports;
    this.#address = address;
  }

  /** JSON, or MessagePack in bytes. */
  receive(message: string | Buffer): void {
    if (!this.#budget.take(performance.now())) {
      this.#refusedInARow += 1;
      if (this.#refusedInARow > REFUSED_MAX) this.#ports.terminate();
      else this.#inTurn(null, Promise.resolve(TOO_FAST));
      return;
    }
    this.#refusedInARow = 0;
    const request = requestIn(message);
    if ("problem" in request) this.#inTurn(request.id, Promise.resolve(request.problem));
    else if (request.op === "subscribe" || request.op === "unsubscribe") this.#subscribe(request);
    else this.#inTurn(request.id, this.#perform(request));
  }

  /** Ends a session whose key was revoked or has expired. Called again and again. */
  look(nowMs: EpochMs): void {
    const { identity } = this.#connection;
    const problem = identity === null ? null : keyProblem(this.#context.access, identity, nowMs);
    if (problem !== null) this.#connection.logOut(problem);
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#triggerId !== null) this.#context.orderEntry.triggers.end(this.#triggerId);
  }

  #inTurn(id: Id, outcome: Promise<object>): void {
    this.#queue(async () => this.#connection.sendText(answerText(id, await outcome)));
  }

  #queue(answer: () => Promise<void>): void {
    this.#unanswered += 1;
    if (this.#unanswered === UNANSWERED_MAX) this.#ports.pause();
    this.#answered = this.#answered.then(answer).then(() => {
      this.#unanswered -= 1;
      if (this.#unanswered === UNANSWERED_MAX / 2) this.#ports.resume();
    });
  }

  /** It begins in its turn, so that its events follow its answer. */
  #subscribe({ id, op, args }: Extract<SocketRequest, { op: "subscribe" | "unsubscribe" }>): void {
    const begin = () =>
      new Promise<void>((done) => {
        if (this.#hasEnded) return done();
        this.#context.market.subscriptions.receive(this.#connection, op, args, (answer) => {
          this.#connection.sendText(answerText(id, plain(answer)));
          done();
        });
      });
    this.#queue(begin);
  }

  /** Never rejects. */
  async #perform(request: SocketRequest): Promise<object> {
    try {
      if (this.#begun !== null) await this.#begun;
      return await this.#outcomeOf(request);
    } catch (error) {
      const { database, service } = this.#context;
      return problemOf(error, { isDatabaseAway: () => database.whyNotReady() !== null, log: service.log });
    }
  }

  #outcomeOf(request: SocketRequest): Promise<object> | object {
    switch (request.op) {
      case "ping":
        return {};
      case "login":
        return this.#first(this.#login(request.args));
      case "subscribe":
      case "unsubscribe":
        return {}; // begun in their turn
      default:
        return this.#submit(request);
    }
  }

  /** Lets later requests begin when this one is known. */
  async #first<T>(work: Promise<T>): Promise<T> {
    const begun = work.catch(() => undefined);
    this.#begun = begun;
    void begun.then(() => {
      if (this.#begun === begun) this.#begun = null;
    });
    return await work;
  }

  async #login(args: LoginArgs): Promise<object> {
    const { cancelOnDisconnect = false } = args;
    if (this.#connection.identity !== null)
      return refuse("LOGIN_REJECTED", `this session is logged in as ${this.#connection.identity.account} already`);
    const authorization = authorizationOf(args);
    if (authorization === null) return NO_CREDENTIALS;
    const asked = { headers: { authorization }, ip: this.#address };
    const identity = await this.#context.identification.identify(asked);
    if (isRefusal(identity)) return identity;
    if (cancelOnDisconnect) {
      if (identity.role === "read") return MAY_ONLY_READ;
      try {
        const { triggers } = this.#context.orderEntry;
        const state = { isLeaving: () => this.#hasEnded, isBusy: () => this.#unanswered > 0 };
        this.#triggerId = await triggers.open(identity.accountId, state);
        if (this.#hasEnded) triggers.end(this.#triggerId);
      } catch (err) {
        this.#context.service.log.warn({ err }, "a session that cancels on disconnect could not be stored");
        return NOT_WATCHED;
      }
    }
    // A connection outlives the token that opened it, and ends with the sign-in.
    this.#connection.identity = { ...identity, expiresAtMs: identity.sessionEndsAtMs ?? identity.expiresAtMs };
    return { account: identity.account, role: identity.role };
  }

  async #submit(
    request: Extract<SocketRequest, { op: "order" | "cancel" | "replace" | "cancel_all" | "timer" }>,
  ): Promise<object> {
    const { registry, orders, rules } = this.#context;
    const identity = this.#trader();
    if (isRefusal(identity)) return identity;
    if (request.op === "timer") return (await orders.setTimer(identity, request.args.seconds)) ?? request.args;
    if (request.op === "cancel_all") return await cancelAll(this.#context, identity, request.args);
    const asset = assetNamed(registry, request.args.asset);
    const { waitsForResult } = request;
    if (request.op === "order") {
      const order = newOrderOf(asset, request.args, rules, null);
      const outcome = await orders.submit(identity, asset, order, waitsForResult ? "new order" : null);
      const { clientOrderId } = order;
      return acceptedBody(waitsForResult, outcome, { asset, orderId: "log id", clientOrderId });
    }
    if (request.op === "cancel") {
      const { target, cancel } = cancelOf(request.args.order);
      const outcome = await orders.submit(identity, asset, cancel, waitsForResult ? target : null);
      return acceptedBody(waitsForResult, outcome, { asset, ...target });
    }
    if (request.op !== "replace") return assertNever(request);
    const { asset: _, order: text, ...body } = request.args;
    const orderId = await this.#first(orderIdOf(this.#context, identity, asset, text));
    const replace = replaceOf(asset, orderId, body, rules);
    const target = { orderId, clientOrderId: null };
    const outcome = await orders.submit(identity, asset, replace, waitsForResult ? target : null);
    return acceptedBody(waitsForResult, outcome, { asset, orderId, clientOrderId: replace.clientOrderId });
  }

  #trader(): Identity | Refusal {
    const { identity } = this.#connection;
    if (identity === null) return LOG_IN_FIRST;
    return identity.role === "read" ? MAY_ONLY_READ : identity;
  }
}

/** As it would stand in a header; null: it is neither a key nor a token. */
function authorizationOf({ keyId, secret, token }: LoginArgs): string | null {
  if (token !== undefined) return keyId === undefined && secret === undefined ? `Bearer ${token}` : null;
  if (keyId === undefined || secret === undefined) return null;
  return `Basic ${Buffer.from(`${keyId}:${secret}`).toString("base64")}`;
}

/** Of a channel's answer: its code is the name of a reject. */
function plain(answer: Answer): object {
  if (answer.ok) return answer;
  return new Problem({ name: answer.code, text: answer.text });
}
