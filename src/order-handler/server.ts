import type { Server, Socket } from "node:net";
import { REJECTS, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { AccountId } from "../shared/domain/units.js";
import type { Logger } from "../shared/process/log.js";
import { listenOn, type PublicAddress } from "../shared/process/shared-socket.js";
import type { TlsIdentity } from "../shared/process/tls.js";
import type { TrustedProxies } from "../shared/process/trusted-proxies.js";
import { Connection, type ConnectionLimits } from "./connection.js";
import type { Answered } from "./dialect.js";
import { createListener, type ListenerLimits } from "./listener.js";
import { type PlaceLimits, Places } from "./places.js";
import { ProxiedSockets } from "./proxied-sockets.js";
import type { Session } from "./session.js";
import { StrangerLog } from "./stranger-log.js";
import { Turns } from "./turns.js";

export type ServerLimits = ConnectionLimits & ListenerLimits & PlaceLimits;

export interface ServerPorts {
  /** The session must call `wake` when it has output. */
  readonly createSession: (wake: () => void, address: string) => Session;
  readonly ended: (session: Session) => void;
  readonly answered: (answered: Answered) => void;
  /** How long the account must wait before its sessions are served again. */
  readonly waitMs: (accountId: AccountId) => number;
  /** Monotonic. */
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** The TCP server: accepts connections within limits, and gives each one that has work its turn. */
export class OrderServer {
  readonly #limits: ServerLimits;
  readonly #ports: ServerPorts;
  readonly #proxied: ProxiedSockets;
  readonly #server: Server;
  readonly #connections = new Map<Session, Connection>();
  readonly #places: Places<Connection>;
  readonly #strangers: StrangerLog;
  readonly #turns = new Turns<Connection>();

  constructor(limits: ServerLimits, tls: TlsIdentity | null, proxies: TrustedProxies, ports: ServerPorts) {
    this.#limits = limits;
    this.#ports = ports;
    this.#places = new Places(limits);
    this.#strangers = new StrangerLog(ports.log);
    this.#proxied = new ProxiedSockets(proxies, limits);
    this.#server = createListener(tls, limits, this.#proxied, {
      accept: (socket) => this.#accept(socket),
      refuse: (socket, why) => this.#turnAway(socket, refuse("MALFORMED_MESSAGE", why)),
    });
  }

  /** Resolves with the port. */
  async listen(address: PublicAddress): Promise<number> {
    const { host, port } = address;
    await listenOn(this.#server, address).catch((cause: unknown) => {
      const hint = "set ORDER_HANDLER_PORT to a free one";
      throw new Error(`the order port ${host}:${port} can't be opened; ${hint}`, { cause });
    });
    const opened = this.#server.address();
    return typeof opened === "object" && opened !== null ? opened.port : port;
  }

  get sessionCount(): number {
    return this.#connections.size;
  }

  get hasUnanswered(): boolean {
    return [...this.#connections.keys()].some((session) => session.hasUnanswered);
  }

  stopAccepting(): void {
    this.#server.close();
  }

  /** Closes overdue connections. Call it every few hundred milliseconds. */
  sweep(): void {
    const nowMs = this.#ports.nowMs();
    for (const [session, connection] of this.#connections) connection.sweep(nowMs, session.overdue(nowMs));
    this.#strangers.sweep(nowMs);
  }

  /** Ends each session without a word at a moment when none of its requests is under way. */
  leaveAll(why: string): void {
    for (const session of this.#connections.keys()) session.leave(why);
  }

  /** No session takes what comes in from now on; what it has received is answered. */
  endInputs(): void {
    for (const session of this.#connections.keys()) session.endInput();
    for (const connection of this.#connections.values()) this.#turns.wake(connection);
  }

  closeAll(why: string): void {
    for (const session of this.#connections.keys()) session.close(refuse("SHUTTING_DOWN", why));
  }

  destroyAll(why: string): void {
    for (const connection of this.#connections.values()) connection.destroy(why);
  }

  /** Gives a session that has logged in its account's place; a refusal if the account has too many sessions. */
  logIn(session: Session, account: AccountId): Refusal | null {
    const connection = this.#connections.get(session);
    return connection === undefined ? null : this.#places.logIn(connection, account);
  }

  #accept(socket: Socket): void {
    const address = this.#proxied.addressOf(socket);
    const refusal = this.#places.refusalOf(address);
    if (refusal !== null) {
      this.#turnAway(socket, refusal);
      return;
    }
    const session = this.#ports.createSession(() => this.#turns.wake(connection), address);
    const connection: Connection = new Connection(socket, address, session, this.#limits, {
      wake: (woken) => this.#turns.wake(woken),
      answered: this.#ports.answered,
      waitMs: this.#ports.waitMs,
      gone: (gone, why) => this.#forget(gone, why),
      nowMs: this.#ports.nowMs,
    });
    this.#connections.set(session, connection);
    const leaving = this.#places.enter(connection, address);
    if (leaving !== null) this.#giveWay(leaving);
  }

  /** Tells a stranger why and cuts it off at once: while it lingers, it would hold its place. */
  #giveWay(stranger: Connection): void {
    stranger.session.close(GIVES_WAY);
    stranger.takeTurn();
    stranger.destroy(GIVES_WAY.text);
  }

  /** Refuses a connection, in text since its dialect is not known yet. */
  #turnAway(socket: Socket, { name, text }: Refusal): void {
    this.#strangers.note(text, this.#proxied.addressOf(socket));
    socket.on("error", () => undefined);
    socket.resume();
    socket.end(`REJ ${REJECTS[name].code} ${name} ${text}\n`);
    setTimeout(() => socket.destroy(), this.#limits.lingerMs).unref();
  }

  #forget(connection: Connection, why: string): void {
    const { address, session } = connection;
    this.#connections.delete(session);
    this.#places.leave(connection);
    if (session.account === null) this.#strangers.note(why, address);
    else this.#ports.log.info({ address, account: session.account.account, why }, "session ended");
    this.#ports.ended(session);
  }
}

const GIVES_WAY = refuse(
  "TOO_MANY_SESSIONS",
  "too many connections have not logged in, and this is the oldest of them",
);
