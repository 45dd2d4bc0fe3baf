import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import { createServer as createTlsServer, type Server as HttpsServer } from "node:https";
import { type DefaultEventsMap, type ExtendedError, Server, type Socket } from "socket.io";
import { type Refusal, refuse } from "../../shared/domain/rejects.js";
import type { Logger } from "../../shared/process/log.js";
import type { TlsIdentity } from "../../shared/process/tls.js";
import { beforeDeadline, hasBecome } from "../../shared/process/waits.js";
import type { NotifierMetrics } from "../notifier-metrics.js";
import type { Handshake, SubscriberLogin } from "./handshake-logins.js";
import { type Answer, type Lagged, type Listener, type Rooms, refused } from "./listener.js";
import { MessageBudget } from "./message-budget.js";
import { cutOff, lagOf, type QueueLimits, queuedBytes } from "./outgoing-queue.js";

export interface GatewayOptions {
  readonly limits: QueueLimits & {
    readonly corsOrigin: string;
    readonly connectionsMax: number;
    readonly messagesPerSecondMax: number;
    readonly messageBytesMax: number;
  };
  readonly log: Logger;
  readonly metrics: NotifierMetrics;
  /** Null: nobody logs in. Never rejects. */
  readonly login: (handshake: Handshake, address: string) => Promise<SubscriberLogin | Refusal | null>;
  /** Why the login is not good any more; null: it is. */
  readonly loginProblem: (login: SubscriberLogin) => Refusal | null;
  /** A message of a client, whatever it holds. */
  readonly onMessage: (
    listener: Listener,
    event: unknown,
    argument: unknown,
    answerWith: (answer: Answer) => void,
  ) => void;
  readonly onGone: (listener: Listener) => void;
}

interface SocketData {
  login?: SubscriberLogin;
}
type ClientSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

const KEY_WATCH_INTERVAL_MS = 250;
/** A connection that never says what it wants is closed after this. */
const CONNECT_TIMEOUT_MS = 5_000;
const LISTEN_TIMEOUT_MS = 5_000;
const ROOM_POLL_MS = 10;
const ROOM_WAIT_MAX_MS = 15_000;
/** Connections looked at in one flush: what a flush costs does not grow with those who are idle. */
const CHECKED_PER_FLUSH = 1_000;

/** The Socket.IO server: who may connect, what may come in, what may wait to go out. Knows nothing of channels. */
export class Gateway implements Rooms {
  readonly #options: GatewayOptions;
  readonly #io: Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
  readonly #loggedIn = new Map<ClientSocket, SubscriberLogin>();
  readonly #keyWatch: NodeJS.Timeout;
  #unchecked: Iterator<ClientSocket> = [][Symbol.iterator]();

  constructor(http: HttpServer | HttpsServer, options: GatewayOptions) {
    this.#options = options;
    const { corsOrigin, messageBytesMax, connectionsMax } = options.limits;
    this.#io = new Server(http, {
      serveClient: false,
      perMessageDeflate: false,
      httpCompression: false,
      transports: ["websocket", "polling"],
      cors: { origin: corsOrigin },
      maxHttpBufferSize: messageBytesMax,
      connectTimeout: CONNECT_TIMEOUT_MS,
      allowRequest: (_request, decide) => {
        const isFull = this.#io.engine.clientsCount >= connectionsMax;
        decide(isFull ? `BUSY: ${connectionsMax} connections are open` : null, !isFull);
      },
    });
    this.#io.use((socket, next) => {
      this.#admit(socket).then((problem) => next(problem ?? undefined), next);
    });
    this.#keyWatch = setInterval(() => this.#cutBadKeys(), KEY_WATCH_INTERVAL_MS);
    this.#io.on("connection", (socket) => this.#welcome(socket));
    this.#io.engine.on("flush", (_connection: unknown, packets: readonly { readonly data?: unknown }[]) => {
      options.metrics.packets.inc(packets.length);
      for (const { data } of packets) if (typeof data === "string") options.metrics.bytes.inc(data.length);
    });
  }

  send(room: string, event: string, payload: object): void {
    this.#io.to(room).emit(event, payload);
  }

  /** Cuts off who does not read. Called after every flush; goes round all connections, a bounded part each time. */
  cutSlowClients(): void {
    for (let checked = 0; checked < CHECKED_PER_FLUSH; checked++) {
      const { value: socket, done } = this.#unchecked.next();
      if (done === true) {
        this.#unchecked = this.#io.sockets.sockets.values();
        return;
      }
      const lag = lagOf(socket, this.#options.limits);
      if (lag !== null)
        this.#cut(socket, { reason: "SLOW_CONSUMER", text: `${lag}: read faster, or subscribe to less` });
    }
  }

  /** Ends every connection, then the HTTP server. */
  async close(): Promise<void> {
    clearInterval(this.#keyWatch);
    await this.#io.close();
  }

  async #admit(socket: ClientSocket): Promise<ExtendedError | null> {
    const outcome = await this.#options.login(socket.handshake.auth, socket.handshake.address);
    if (outcome === null) return null;
    if ("text" in outcome) return refusedConnection(outcome);
    socket.data.login = outcome;
    return null;
  }

  /** Ends the connections whose key is not good any more. */
  #cutBadKeys(): void {
    for (const [socket, login] of this.#loggedIn) {
      const problem = this.#options.loginProblem(login);
      if (problem === null) continue;
      this.#options.log.info(
        { socket: socket.id, accountId: login.accountId, ...problem },
        "a subscriber was logged out",
      );
      cutOff(socket, "logged_out", { code: problem.name, text: problem.text });
    }
  }

  #welcome(socket: ClientSocket): void {
    const { metrics, onMessage, onGone, log, limits } = this.#options;
    const { messagesPerSecondMax } = limits;
    const listener = this.#listenerOf(socket);
    const budget = new MessageBudget(messagesPerSecondMax, performance.now());
    const rateLimited = refused(refuse("RATE_LIMITED", `at most ${messagesPerSecondMax} messages a second`));
    const { login } = socket.data;
    if (login !== undefined) this.#loggedIn.set(socket, login);
    metrics.connections.inc();
    // Nothing gets past this: whatever a client sends is handed over here, never dispatched by its name.
    socket.use(([event, ...args]) => {
      const callback: unknown = args.at(-1);
      const answerWith = (answer: Answer) => {
        if (typeof callback === "function") callback(answer);
      };
      const spent = budget.spend(performance.now());
      if (spent === "hostile") socket.disconnect(true);
      else if (spent === "refused") answerWith(rateLimited);
      else onMessage(listener, event, args[0], answerWith);
    });
    socket.on("error", (err) => log.debug({ err }, "a client's connection failed"));
    socket.on("disconnect", () => {
      this.#loggedIn.delete(socket);
      metrics.connections.dec();
      onGone(listener);
    });
  }

  #listenerOf(socket: ClientSocket): Listener {
    return {
      id: socket.id,
      accountId: socket.data.login?.accountId ?? null,
      isConnected: () => socket.connected,
      join: (room) => void socket.join(room),
      leave: (room) => void socket.leave(room),
      send: (event, payload) => void socket.emit(event, payload),
      hasRoom: () => this.#hasRoom(socket),
      cut: (why) => this.#cut(socket, why),
    };
  }

  async #hasRoom(socket: ClientSocket): Promise<boolean> {
    const { limits } = this.#options;
    const hasEnded = () => !socket.connected || queuedBytes(socket, limits) <= limits.queueBytesMax / 4;
    if (await hasBecome(hasEnded, { deadlineMs: ROOM_WAIT_MAX_MS, everyMs: ROOM_POLL_MS })) return socket.connected;
    this.#cut(socket, { reason: "SLOW_CONSUMER", text: "you did not read what you asked for: read faster" });
    return false;
  }

  #cut(socket: ClientSocket, why: Lagged): void {
    this.#options.metrics.lagged.inc({ reason: why.reason });
    this.#options.log.info(
      { socket: socket.id, accountId: socket.data.login?.accountId, ...why },
      "a subscriber was cut off",
    );
    cutOff(socket, "lagged", why);
  }
}

/** What Socket.IO is served on. Whatever else a browser asks for is not there. */
export function webServer(tls: TlsIdentity | null): HttpServer | HttpsServer {
  const answer: RequestListener = (_request, response) => response.writeHead(404).end("connect with Socket.IO\n");
  if (tls === null) return createServer(answer);
  return createTlsServer({ ...tls, handshakeTimeout: CONNECT_TIMEOUT_MS }, answer);
}

/** Resolves when the server accepts connections. */
export function listen(http: HttpServer | HttpsServer, { host, port }: { host: string; port: number }): Promise<void> {
  const opened = new Promise<void>((resolve, reject) => {
    const hint = `${host}:${port} can't be opened; set NOTIFIER_PORT to a free port`;
    http.once("error", (cause) => reject(new Error(hint, { cause })));
    http.listen(port, host, resolve);
  });
  return beforeDeadline(opened, LISTEN_TIMEOUT_MS, `${host}:${port} did not open`);
}

/** Arrives at the client as connect_error, with message and data. */
function refusedConnection({ name, text }: Refusal): ExtendedError {
  return Object.assign(new Error(`${name}: ${text}`), { data: { code: name, text } });
}
