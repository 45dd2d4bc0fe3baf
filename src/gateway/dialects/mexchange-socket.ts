/**
 * Imitates mExchange's `/ws` (afterburn/mexchange, gateway): `{"action": "subscribe", "channel": "book.KCN/EUR.none.10.100ms"}`, orders as
 * `place_order`, `cancel_order`, or many at once as `orders`, and the events `order_accepted`, `fill`, `order_filled`, `order_cancelled`. There
 * anybody trades and hears of everybody's orders; here it takes a key, in the Authorization of the handshake or in
 * `{"type": "login", "authorization": "Basic …"}`, and each account hears of its own. Without a symbol it is KCN/EUR, the one market there.
 */
import { Type } from "@sinclair/typebox";
import { keyProblem } from "../../shared/access/access-feed.js";
import { isRefusal, REJECTS, type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { ReportJson } from "../../shared/domain/report-json.js";
import type { Identity } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { problemOf } from "../../shared/http/server.js";
import { parseStrictJson } from "../../shared/http/strict-json.js";
import { lookEvery } from "../../shared/process/looks.js";
import { beforeDeadline } from "../../shared/process/waits.js";
import { composeCancel } from "../../shared/requests/order-rules.js";
import type { GatewayContext, GatewayPlugin } from "../context.js";
import { newOrderOf, words } from "../orders/order-body.js";
import { orderNamed } from "../orders/reports-store.js";
import { judged } from "../sockets/judged.js";
import { PlainSocket, type SocketHandler } from "../sockets/plain-socket.js";
import { Topics } from "../sockets/topics.js";
import { orderNotFound } from "./dialect-errors.js";
import { MexchangeBook } from "./mexchange-books.js";
import { bodyOf, TERMS } from "./mexchange-orders.js";
import { eventsOf } from "./mexchange-reports.js";
import { type NamedOrder, orderOfUuid } from "./order-uuid.js";
import { OwnOrdersStore } from "./own-orders-store.js";
import { assetOfMarket } from "./symbols.js";

const STRICT = { additionalProperties: false };
const SYMBOL = Type.String({ default: "KCN/EUR" });
const NO_USER = Type.Optional(Type.Null());
/** A client's own id of an order is its client order id. */
const ORDER_ID = Type.String({ pattern: "^[A-Za-z0-9_-]{1,36}$" });
const CHANNEL = Type.Object({ action: words("subscribe", "unsubscribe"), channel: Type.String() }, STRICT);
const ORDER = { symbol: SYMBOL, order_id: Type.Optional(ORDER_ID), user_id: NO_USER, ...TERMS };
/** By type, what a message must be. */
const MESSAGES = {
  login: Type.Object({ type: words("login"), authorization: Type.String() }, STRICT),
  place_order: Type.Object({ type: words("place_order"), ...ORDER }, STRICT),
  cancel_order: Type.Object(
    { type: words("cancel_order"), symbol: SYMBOL, order_id: ORDER_ID, user_id: NO_USER },
    STRICT,
  ),
  orders: Type.Object(
    { type: words("orders"), orders: Type.Array(Type.Object(ORDER, STRICT), { minItems: 1, maxItems: 100 }) },
    STRICT,
  ),
};
const TYPE = Type.Object({ type: words(...(Object.keys(MESSAGES) as (keyof typeof MESSAGES)[])) });
type OrderAsked = (typeof MESSAGES)["orders"]["static"]["orders"][number];
type CancelAsked = (typeof MESSAGES)["cancel_order"]["static"];

const IN_FLIGHT_MAX = 256;
const LOOK_EVERY_MS = 500;

const LOG_IN_FIRST = refuse("LOGIN_REQUIRED", "orders take a key: Authorization in the handshake, or a login message");
const MAY_ONLY_READ = refuse("LOGIN_REJECTED", "the key may only read; this needs a key of the role trade");
const TOO_MANY_UNDER_WAY = refuse("RATE_LIMITED", "too many of your requests are under way; wait for their events");
const TOO_MANY_CHANNELS = refuse("BUSY", "too many channels for a connection: unsubscribe from one");
const NOT_TEXT = refuse("MALFORMED_MESSAGE", "messages are text: JSON");

export const mexchangeSocket: GatewayPlugin = (server, context) => {
  const { upgrades, registry, market, clock, service, config } = context;
  const parts = { registry, market, nowMs: clock.nowEpochMs, stopping: service.stopping };
  const books = new Topics((name) => MexchangeBook.named(name, parts), config.market.subscriptionsPerConnectionMax);
  const sessions = new Map<PlainSocket, MexchangeSession>();
  let stopLooking: (() => void) | null = null;
  const look = () => {
    for (const session of sessions.values()) session.look();
  };
  upgrades.take((path, _query, { authorization }) => {
    if (path !== "/ws") return null;
    return (opened, address) => {
      const socket = new PlainSocket(opened, (own) => {
        const session = new MexchangeSession(own, context, books, address);
        sessions.set(own, session);
        if (authorization !== undefined) void session.logIn(authorization);
        return session;
      });
      stopLooking ??= lookEvery(LOOK_EVERY_MS, look);
      opened.on("close", () => {
        sessions.delete(socket);
        if (sessions.size > 0) return;
        stopLooking?.();
        stopLooking = null;
      });
    };
  });
  server.addHook("preClose", async () => {
    for (const socket of sessions.keys()) socket.goAway();
  });
};

class MexchangeSession implements SocketHandler {
  readonly #socket: PlainSocket;
  readonly #context: GatewayContext;
  readonly #books: Topics<MexchangeBook>;
  readonly #address: string;
  readonly #own: OwnOrdersStore;
  #identity: Identity | null = null;
  /** Later requests wait until it is known who asks. */
  #loggingIn: Promise<void> | null = null;
  #unfollow: () => void = () => undefined;
  #inFlight = 0;
  #isClosed = false;

  constructor(socket: PlainSocket, context: GatewayContext, books: Topics<MexchangeBook>, address: string) {
    this.#socket = socket;
    this.#context = context;
    this.#books = books;
    this.#address = address;
    this.#own = new OwnOrdersStore(context.database, context.registry.assets);
  }

  receive(text: string | null): void {
    void this.#answer(text);
  }

  closed(): void {
    this.#isClosed = true;
    this.#unfollow();
    this.#books.forgetAll(this.#socket);
  }

  /** Ends a session whose key was revoked or has expired. Called again and again. */
  look(): void {
    const problem = this.#keyProblem();
    if (problem !== null) this.#socket.end(problem.name);
  }

  /** Never rejects. */
  async logIn(authorization: string): Promise<void> {
    await this.#reporting("login", null, async () => {
      if (this.#identity !== null || this.#loggingIn !== null)
        throw new Problem(refuse("LOGIN_REJECTED", "this connection has logged in already; open another one"));
      const logIn = this.#logIn(authorization);
      this.#loggingIn = logIn.catch(() => undefined);
      await logIn.finally(() => {
        this.#loggingIn = null;
      });
    });
  }

  async #logIn(authorization: string): Promise<void> {
    const { identification, config } = this.#context;
    const identity = await identification.identify({ headers: { authorization }, ip: this.#address });
    if (isRefusal(identity)) throw new Problem(identity);
    const following = beforeDeadline(
      this.#follow(identity),
      config.logins.answerTimeoutMs,
      "your orders can't be followed",
    );
    await following.catch((error: unknown) => {
      this.#unfollow();
      throw error;
    });
    // A connection outlives the token that opened it, and ends with the sign-in.
    this.#identity = { ...identity, expiresAtMs: identity.sessionEndsAtMs ?? identity.expiresAtMs };
    this.#socket.send({ type: "logged_in", account: identity.account });
  }

  /** Resolves when no report is missed from then on. */
  #follow({ accountId }: Identity): Promise<void> {
    return new Promise((resolve, reject) => {
      const following = {
        onAnswer: (answer: { readonly ok: boolean; readonly text?: unknown }) =>
          answer.ok ? resolve() : reject(new Problem(refuse("UNAVAILABLE", String(answer.text)))),
        onEvent: (payload: object) => {
          for (const report of (payload as { readonly reports: readonly ReportJson[] }).reports)
            for (const event of eventsOf(report)) this.#socket.send(event);
        },
        onCut: () => this.#socket.end("events were missed; connect again, and read your orders"),
      };
      this.#unfollow = this.#context.market.follow({ channel: "orders" }, following, accountId);
      if (this.#isClosed) this.#unfollow();
    });
  }

  async #answer(text: string | null): Promise<void> {
    await this.#reporting("message", null, async () => {
      if (text === null) throw new Problem(NOT_TEXT);
      const message = parseStrictJson(text);
      if (typeof message === "object" && message !== null && "action" in message)
        return this.#subscribe(judged(CHANNEL, message));
      const { type } = judged(TYPE, message);
      if (type === "login") return await this.logIn(judged(MESSAGES.login, message).authorization);
      if (type === "cancel_order") return await this.#begin(type, judged(MESSAGES.cancel_order, message));
      const orders = type === "orders" ? judged(MESSAGES.orders, message).orders : null;
      if (orders === null) return await this.#begin("place_order", judged(MESSAGES.place_order, message));
      for (const order of orders) void this.#begin("place_order", order);
    });
  }

  #subscribe({ action, channel }: (typeof CHANNEL)["static"]): void {
    if (action === "unsubscribe") {
      this.#books.forget(channel, this.#socket);
      return;
    }
    const book = this.#books.listen(channel, this.#socket);
    if (book === "too many") throw new Problem(TOO_MANY_CHANNELS);
    if (book === "unknown")
      throw new Problem(
        refuse("UNKNOWN_COMMAND", "channels are as book.KCN/EUR.none.10.100ms, with 10, 25, 50 or 100 levels"),
      );
    this.#socket.sendText(book.snapshot());
  }

  /** Requests begin in the order in which they came; what becomes of them is told as events. Never rejects. */
  async #begin(request: "place_order", asked: OrderAsked): Promise<void>;
  async #begin(request: "cancel_order", asked: CancelAsked): Promise<void>;
  async #begin(request: "place_order" | "cancel_order", asked: OrderAsked | CancelAsked): Promise<void> {
    await this.#reporting(request, asked.order_id ?? null, async () => {
      if (this.#inFlight >= IN_FLIGHT_MAX) throw new Problem(TOO_MANY_UNDER_WAY);
      this.#inFlight += 1;
      try {
        if (this.#loggingIn !== null) await this.#loggingIn;
        const identity = this.#trader();
        const refusal =
          "side" in asked ? await this.#place(identity, asked) : await this.#cancel(identity, asked as CancelAsked);
        if (refusal !== null) throw new Problem(refusal);
      } finally {
        this.#inFlight -= 1;
      }
    });
  }

  async #place(identity: Identity, { order_id, user_id: _, ...asked }: OrderAsked): Promise<Refusal | null> {
    const { orders, rules } = this.#context;
    const { asset, body } = bodyOf(this.#context, asked);
    const outcome = await orders.submit(identity, asset, newOrderOf(asset, body, rules, order_id ?? null), null);
    return isRefusal(outcome) ? outcome : null;
  }

  async #cancel(identity: Identity, asked: CancelAsked): Promise<Refusal | null> {
    const order = await this.#orderNamed(identity, asked);
    const body = composeCancel(order.orderId, null);
    if (isRefusal(body)) return body;
    const asset = assetOfMarket(this.#context, order.asset);
    const outcome = await this.#context.orders.submit(identity, asset, body, null);
    return isRefusal(outcome) ? outcome : null;
  }

  /** By our id or by the client's own. Throws a Problem where the account has none, whoever else has. */
  async #orderNamed({ accountId }: Identity, { order_id, symbol }: CancelAsked): Promise<NamedOrder> {
    const { registry, database } = this.#context;
    const named = orderOfUuid(order_id, registry.assets.keys());
    if (named !== null) {
      if ((await this.#own.order(accountId, named)) !== null) return named;
      throw orderNotFound();
    }
    const { asset } = assetOfMarket(this.#context, symbol);
    const orderId = await orderNamed(database, asset, accountId, order_id);
    if (orderId === null) throw orderNotFound();
    return { asset, orderId };
  }

  /** Throws a Problem. */
  #trader(): Identity {
    const problem = this.#keyProblem();
    if (problem !== null) throw new Problem(problem);
    if (this.#identity === null) throw new Problem(LOG_IN_FIRST);
    if (this.#identity.role === "read") throw new Problem(MAY_ONLY_READ);
    return this.#identity;
  }

  #keyProblem(): Refusal | null {
    const { access, clock } = this.#context;
    return this.#identity === null ? null : keyProblem(access, this.#identity, clock.nowEpochMs());
  }

  /** Tells the client why it could not be done. */
  async #reporting(request: string, orderId: string | null, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { database, service } = this.#context;
      const { refusal, details } = problemOf(error, {
        isDatabaseAway: () => database.whyNotReady() !== null,
        log: service.log,
      });
      const about = { request, ...(orderId !== null && { order_id: orderId }), field: details.field };
      this.#socket.send({
        type: "error",
        error: refusal.text,
        code: REJECTS[refusal.name].code,
        name: refusal.name,
        ...about,
      });
    }
  }
}
