import { type DefaultEventsMap, type ExtendedError, Server } from "socket.io";
import { networkOf } from "../../shared/access/wrong-logins.js";
import { EventSummary } from "../../shared/channels/event-summary.js";
import type { KeptBytes } from "../../shared/channels/kept-bytes.js";
import { type Answer, type Lagged, type Listener, type Rooms, refused } from "../../shared/channels/listener.js";
import { type Refusal, refuse } from "../../shared/domain/rejects.js";
import { clientAddress } from "../../shared/process/client-address.js";
import type { Logger } from "../../shared/process/log.js";
import { lookEvery } from "../../shared/process/looks.js";
import type { TrustedProxies } from "../../shared/process/trusted-proxies.js";
import type { NotifierMetrics } from "../notifier-metrics.js";
import { ClientConnection, type ClientData, type ClientSocket } from "./client-connection.js";
import { FanOut } from "./fan-out.js";
import { type HandshakeLimits, HandshakeLine } from "./handshake-line.js";
import type { Handshake, SubscriberLogin } from "./handshake-logins.js";
import { MessageBudget } from "./message-budget.js";
import { type Connection, discard, type QueueLimits } from "./outgoing-queue.js";
import { type Place, type PlaceLimits, Places } from "./places.js";
import type { WebServer } from "./web-server.js";

export interface GatewayOptions {
  readonly limits: QueueLimits &
    HandshakeLimits &
    PlaceLimits & {
      readonly corsOrigin: string;
      readonly proxies: TrustedProxies;
      readonly connectionsPerKeyMax: number;
      readonly messagesPerSecondMax: number;
      readonly messageBytesMax: number;
    };
  readonly log: Logger;
  readonly metrics: Pick<NotifierMetrics, "connections" | "packets" | "bytes" | "lagged">;
  readonly kept: KeptBytes;
  /** Checks the credentials of a handshake; null: it has none. Never rejects. */
  readonly login: (handshake: Handshake, address: string) => Promise<SubscriberLogin | Refusal | null>;
  /** Why the login is no longer good; null: it is. */
  readonly loginProblem: (login: SubscriberLogin) => Refusal | null;
  /** Called with each message of a client, unchecked. */
  readonly onMessage: (
    listener: Listener,
    event: unknown,
    argument: unknown,
    answerWith: (answer: Answer) => void,
  ) => void;
  readonly onGone: (listener: Listener) => void;
}

/** How often all connections and their logins are checked. */
const WATCH_INTERVAL_MS = 250;
/** A connection without a handshake is closed after this. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Connections checked after a flush, and how soon the next ones are at the earliest: idle ones don't make flushes expensive. */
const CHECKED_PER_FLUSH = 1_000;
const CHECK_EVERY_MS = 50;

/** The Socket.IO server: limits connections, logins, messages and queues. Knows nothing of channels. */
export class Gateway implements Rooms {
  readonly #options: GatewayOptions;
  readonly #io: Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, ClientData>;
  readonly #fanOut: FanOut;
  readonly #line: HandshakeLine;
  readonly #places: Places;
  readonly #placeOf = new WeakMap<object, Place>();
  readonly #connectionsOfKey = new Map<string, number>();
  /** The connections, each with the bytes that are counted for its queue. */
  readonly #connections = new Map<ClientConnection, number>();
  readonly #stopWatching: () => void;
  readonly #endings: EventSummary;
  #unchecked: Iterator<ClientConnection> = [][Symbol.iterator]();
  #checkedAtMs = 0;

  constructor(http: WebServer, options: GatewayOptions) {
    this.#options = options;
    const { corsOrigin, messageBytesMax } = options.limits;
    this.#fanOut = new FanOut(({ packets, bytes }) => {
      options.metrics.packets.inc(packets);
      options.metrics.bytes.inc(bytes);
    });
    this.#line = new HandshakeLine(options.limits);
    this.#places = new Places(options.limits);
    this.#endings = new EventSummary(options.log, "subscribers were cut off");
    this.#io = new Server(http, {
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      transports: ["websocket", "polling"],
      cors: { origin: corsOrigin },
      maxHttpBufferSize: messageBytesMax,
      connectTimeout: CONNECT_TIMEOUT_MS,
      allowRequest: (request, decide) => {
        const { socket } = request;
        const address = networkOf(clientAddress(socket.remoteAddress ?? "", request.headers, options.limits.proxies));
        const begin = () => {
          const problem = socket.destroyed ? "gone" : this.#places.makeRoom(address);
          decide(problem, problem === null);
        };
        if (!this.#line.enter(address, begin)) decide("BUSY: too many handshakes from your address", false);
      },
    });
    this.#io.engine.on("connection", (connection: Connection) => this.#seat(connection));
    this.#io.use((socket, next) => {
      this.#admit(socket).then((problem) => next(problem ?? undefined), next);
    });
    this.#stopWatching = lookEvery(WATCH_INTERVAL_MS, () => this.#lookAtAll());
    this.#io.on("connection", (socket) => this.#welcome(socket));
    this.#io.engine.on("flush", (_connection: unknown, packets: readonly { readonly data?: unknown }[]) => {
      options.metrics.packets.inc(packets.length);
      for (const { data } of packets) if (typeof data === "string") options.metrics.bytes.inc(data.length);
    });
  }

  send(room: string, event: string, payload: object): void {
    this.#fanOut.send(room, event, payload);
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Whether what was sent to rooms of many is still on its way out. */
  get isDelivering(): boolean {
    return this.#fanOut.isDelivering;
  }

  onDelivered(call: () => void): void {
    this.#fanOut.onDelivered(call);
  }

  /** Cuts off clients that don't read. Called after every flush; now and then a call checks a bounded part of the connections. */
  cutSlowClients(): void {
    const nowMs = performance.now();
    if (nowMs - this.#checkedAtMs < CHECK_EVERY_MS) return;
    this.#checkedAtMs = nowMs;
    for (let checked = 0; checked < CHECKED_PER_FLUSH; checked++) {
      const { value: connection, done } = this.#unchecked.next();
      if (done === true) {
        this.#unchecked = this.#connections.keys();
        return;
      }
      this.#look(connection, nowMs);
    }
  }

  /** Gives back so many bytes of queues: first those of clients that are being cut anyway, then the longest ones. */
  giveBack(bytes: number): void {
    const byLength = [...this.#connections].sort(([, a], [, b]) => b - a);
    let left = bytes;
    for (const isParting of [true, false])
      for (const [connection, queued] of byLength) {
        if (left <= 0 || queued === 0) break;
        if (connection.isParting !== isParting) continue;
        if (isParting) connection.discard();
        else
          connection.cut({ reason: "SLOW_CONSUMER", text: "too much waits for all subscribers, most of it for you" });
        this.#count(connection);
        left -= queued;
      }
  }

  /** Ends every connection, then the HTTP server. */
  async close(): Promise<void> {
    this.#stopWatching();
    this.#fanOut.deliver();
    await this.#io.close();
  }

  #seat(connection: Connection): void {
    const place = this.#places.take(
      networkOf(clientAddress(connection.remoteAddress, connection.request.headers, this.#options.limits.proxies)),
      () => discard(connection),
    );
    this.#placeOf.set(connection, place);
    connection.on("close", () => place.leave());
  }

  async #admit(socket: ClientSocket): Promise<ExtendedError | null> {
    const { connectionsPerKeyMax, proxies } = this.#options.limits;
    const outcome = await this.#options.login(
      socket.handshake.auth,
      clientAddress(socket.handshake.address, socket.request.headers, proxies),
    );
    if (outcome === null) return null;
    if ("text" in outcome) return refusedConnection(outcome);
    const { keyId } = outcome;
    const ofKey = this.#connectionsOfKey.get(keyId) ?? 0;
    if (ofKey >= connectionsPerKeyMax)
      return refusedConnection(
        refuse("TOO_MANY_SESSIONS", `${connectionsPerKeyMax} connections have this key: close some`),
      );
    this.#connectionsOfKey.set(keyId, ofKey + 1);
    socket.conn.once("close", () => this.#forgetOneOf(keyId));
    socket.data.login = outcome;
    return null;
  }

  #forgetOneOf(keyId: string): void {
    const left = (this.#connectionsOfKey.get(keyId) ?? 1) - 1;
    if (left === 0) this.#connectionsOfKey.delete(keyId);
    else this.#connectionsOfKey.set(keyId, left);
  }

  /** Checks all connections: whether their logins are still good, and whether they read. */
  #lookAtAll(): void {
    const nowMs = performance.now();
    for (const connection of this.#connections.keys()) {
      const problem = connection.login === null ? null : this.#options.loginProblem(connection.login);
      if (problem !== null) connection.logOut({ code: problem.name, text: problem.text });
      this.#look(connection, nowMs);
    }
  }

  #look(connection: ClientConnection, nowMs: number): void {
    connection.look(nowMs);
    this.#count(connection);
  }

  #count(connection: ClientConnection): void {
    const counted = this.#connections.get(connection);
    const bytes = connection.queuedBytes;
    if (counted === undefined || counted === bytes) return;
    this.#connections.set(connection, bytes);
    this.#options.kept.add("queues", bytes - counted);
  }

  #welcome(socket: ClientSocket): void {
    const { metrics, onMessage, onGone, log, limits } = this.#options;
    const { messagesPerSecondMax } = limits;
    const connection = new ClientConnection(socket, this.#fanOut, limits, {
      onJoin: () => this.#placeOf.get(socket.conn)?.settle(),
      onParting: (event, why) => {
        if (event === "lagged") metrics.lagged.inc({ reason: (why as Lagged).reason });
        this.#endings.count(event, { accountId: connection.accountId, ...why });
        onGone(connection);
      },
    });
    const budget = new MessageBudget(messagesPerSecondMax, performance.now());
    const rateLimited = refused(refuse("RATE_LIMITED", `at most ${messagesPerSecondMax} messages a second`));
    this.#connections.set(connection, 0);
    metrics.connections.inc();
    // Takes every message: none is dispatched by its event's name.
    socket.use(([event, ...args]) => {
      const callback: unknown = args.at(-1);
      const answerWith = (answer: Answer) => {
        if (typeof callback !== "function" || connection.isParting) return;
        connection.beginAnswer();
        callback(answer);
      };
      const spent = budget.spend(performance.now());
      if (spent === "hostile") socket.disconnect(true);
      else if (spent === "refused") answerWith(rateLimited);
      else if (!connection.isParting) onMessage(connection, event, args[0], answerWith);
    });
    socket.on("error", (err) => log.debug({ err }, "a client's connection failed"));
    socket.on("disconnect", () => {
      this.#options.kept.add("queues", -(this.#connections.get(connection) ?? 0));
      this.#connections.delete(connection);
      connection.leaveAll();
      metrics.connections.dec();
      onGone(connection);
    });
  }
}

/** The error that refuses a handshake; the client gets it as connect_error, with message and data. */
function refusedConnection({ name, text }: Refusal): ExtendedError {
  return Object.assign(new Error(`${name}: ${text}`), { data: { code: name, text } });
}
