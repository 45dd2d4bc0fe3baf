/** The WebSocket API: the same endpoints as over REST by other names, a login for the connection, and the account's events. */
import type { Logger } from "../../shared/process/log.js";
import type { PlainSocket } from "../sockets/plain-socket.js";
import type { Endpoint } from "./endpoint.js";
import { BinanceError, SIGNATURE_ERRORS } from "./errors.js";
import { RATE_LIMIT } from "./exchange-info.js";
import type { Caller, Callers } from "./identity.js";
import type { JsonHandler } from "./json-messages.js";
import { Parameters } from "./parameters.js";
import { type Endpoints, errorOf, tooMuch } from "./rest.js";
import { payloadOfParams } from "./signed-payload.js";
import type { Weights } from "./weights.js";

/** Their name of each request, and that of its endpoint. */
const METHODS: Readonly<Record<string, string>> = {
  ping: "ping",
  time: "time",
  exchangeInfo: "exchangeInfo",
  depth: "depth",
  "trades.recent": "trades",
  "trades.historical": "historicalTrades",
  "trades.aggregate": "aggTrades",
  klines: "klines",
  uiKlines: "uiKlines",
  avgPrice: "avgPrice",
  "ticker.24hr": "ticker/24hr",
  "ticker.price": "ticker/price",
  "ticker.book": "ticker/bookTicker",
  "order.place": "POST order",
  "order.test": "POST order/test",
  "order.status": "GET order",
  "order.cancel": "DELETE order",
  "order.cancelReplace": "POST order/cancelReplace",
  "order.amend.keepPriority": "PUT order/amend/keepPriority",
  "openOrders.status": "GET openOrders",
  "openOrders.cancelAll": "DELETE openOrders",
  allOrders: "GET allOrders",
  myTrades: "GET myTrades",
  "account.status": "GET account",
  "account.commission": "GET account/commission",
  "account.rateLimits.orders": "GET rateLimit/order",
};

const IN_FLIGHT_MAX = 256;

interface Ending {
  readonly end: () => void;
}

export interface WsApiParts {
  readonly endpoints: Endpoints;
  readonly callers: Callers;
  readonly weights: Weights;
  readonly startUserStream: (caller: Caller, tell: (event: object) => void, onCut: () => void) => Promise<Ending>;
  readonly isDatabaseAway: () => boolean;
  readonly nowMs: () => number;
  readonly log: Logger;
}

interface Asked {
  readonly params: Readonly<Record<string, unknown>>;
  readonly given: Parameters;
}

export class WsApiConnection implements JsonHandler {
  readonly #socket: PlainSocket;
  readonly #parts: WsApiParts;
  readonly #address: string;
  /** Who has logged in on this connection. */
  #session: Caller | null = null;
  readonly #streams = new Map<number, Ending>();
  #nextStream = 0;
  #inFlight = 0;
  #isClosed = false;

  constructor(socket: PlainSocket, parts: WsApiParts, address: string) {
    this.#socket = socket;
    this.#parts = parts;
    this.#address = address;
  }

  receive(message: Readonly<Record<string, unknown>>): void {
    void this.#answer(message);
  }

  closed(): void {
    this.#isClosed = true;
    for (const stream of this.#streams.values()) stream.end();
    this.#streams.clear();
  }

  async #answer({ id = null, method, params }: Readonly<Record<string, unknown>>): Promise<void> {
    let used = 0;
    const rateLimits = () => [{ ...RATE_LIMIT, count: used }];
    this.#inFlight += 1;
    try {
      if (this.#inFlight > IN_FLIGHT_MAX) throw tooMuch();
      const asked = { params: objectOf(params), given: Parameters.ofObject(objectOf(params)) };
      const endpoint = this.#parts.endpoints[METHODS[String(method)] ?? ""];
      used = this.#count(endpoint, asked.given);
      if (this.#parts.weights.isTooMuch(used)) throw tooMuch();
      const result = await this.#resultOf(String(method), endpoint, asked);
      this.#socket.send({ id, status: 200, result, rateLimits: rateLimits() });
    } catch (error) {
      const told = errorOf(error, this.#parts);
      this.#socket.send({ id, status: told.status, error: told.body, rateLimits: rateLimits() });
    } finally {
      this.#inFlight -= 1;
    }
  }

  #count(endpoint: Endpoint | undefined, given: Parameters): number {
    const { weights, nowMs } = this.#parts;
    const weight = endpoint === undefined ? 2 : endpoint.weight;
    return weights.count(this.#address, typeof weight === "number" ? weight : weight(given), nowMs());
  }

  async #resultOf(method: string, endpoint: Endpoint | undefined, asked: Asked): Promise<unknown> {
    if (endpoint === undefined) return await this.#ofConnection(method, asked);
    const { given } = asked;
    if (!endpoint.isSigned) return await endpoint.handle({ given, address: this.#address });
    return await endpoint.handle({ given, address: this.#address, caller: await this.#callerOf(asked) });
  }

  async #ofConnection(method: string, asked: Asked): Promise<unknown> {
    switch (method) {
      case "session.logon":
        this.#session = await this.#signedBy(asked);
        return this.#sessionJson();
      case "session.status":
        return this.#sessionJson();
      case "session.logout":
        this.#session = null;
        return this.#sessionJson();
      case "userDataStream.subscribe":
        return await this.#subscribe(this.#loggedIn());
      case "userDataStream.subscribe.signature":
        return await this.#subscribe(await this.#signedBy(asked));
      case "userDataStream.unsubscribe":
        return this.#unsubscribe(asked.given.whole("subscriptionId"));
      default:
        throw new BinanceError(-1020, "This operation is not supported.", `there is no method ${method.slice(0, 60)}`);
    }
  }

  /** A request of a connection that has logged in needs no signature; one that has one is its signer's. */
  async #callerOf(asked: Asked): Promise<Caller> {
    if (this.#session === null || asked.params["signature"] !== undefined) return await this.#signedBy(asked);
    return this.#parts.callers.again(this.#loggedIn(), asked.given, payloadOfParams(asked.params).payload);
  }

  async #signedBy({ params, given }: Asked): Promise<Caller> {
    const keyId = given.text("apiKey");
    if (keyId === null) throw BinanceError.missing("apiKey");
    return await this.#parts.callers.identify(keyId, given, payloadOfParams(params), this.#address);
  }

  #loggedIn(): Caller {
    if (this.#session === null) throw SIGNATURE_ERRORS.key("nobody is logged in on this connection: session.logon");
    return this.#session;
  }

  #sessionJson(): object {
    const { nowMs } = this.#parts;
    return {
      apiKey: this.#session?.keyId ?? null,
      authorizedSince: this.#session === null ? null : nowMs(),
      connectedSince: nowMs(),
      returnRateLimits: true,
      serverTime: nowMs(),
      userDataStream: this.#streams.size > 0,
    };
  }

  async #subscribe(caller: Caller): Promise<object> {
    const subscriptionId = this.#nextStream++;
    const tell = (event: object) => this.#socket.send({ subscriptionId, event });
    const terminated = () => {
      this.#streams.delete(subscriptionId);
      tell({ e: "eventStreamTerminated", E: this.#parts.nowMs() });
    };
    const stream = await this.#parts.startUserStream(caller, tell, terminated).catch((cause: Error) => {
      throw new BinanceError(-1001, "Service Unavailable.", cause.message, 503);
    });
    if (this.#isClosed) stream.end();
    else this.#streams.set(subscriptionId, stream);
    return { subscriptionId };
  }

  #unsubscribe(subscriptionId: number | null): object {
    for (const [id, stream] of this.#streams) {
      if (subscriptionId !== null && id !== subscriptionId) continue;
      stream.end();
      this.#streams.delete(id);
    }
    return {};
  }
}

function objectOf(params: unknown): Readonly<Record<string, unknown>> {
  if (params === undefined || params === null) return {};
  if (typeof params === "object" && !Array.isArray(params)) return params as Record<string, unknown>;
  throw new BinanceError(-1130, "Data sent for parameter 'params' is not valid.", "it must be an object");
}
