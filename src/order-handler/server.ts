import type { Server, Socket } from "node:net";
import { REJECTS, type Refusal, refuse } from "../shared/domain/rejects.js";
import type { EpochUs } from "../shared/domain/units.js";
import type { Logger } from "../shared/process/log.js";
import type { TlsIdentity } from "../shared/process/tls.js";
import { Connection, type ConnectionLimits } from "./connection.js";
import type { Answered } from "./dialect.js";
import { createListener, type ListenerLimits } from "./listener.js";
import type { Session } from "./session.js";
import { Turns } from "./turns.js";

export type ServerLimits = ConnectionLimits & ListenerLimits;

export interface ServerPorts {
  /** `wake` is to be called when the session has output. */
  readonly createSession: (wake: () => void, address: string) => Session;
  readonly ended: (session: Session) => void;
  readonly answered: (answered: Answered) => void;
  readonly nowUs: () => EpochUs;
  readonly log: Logger;
}

/** Accepts connections, within limits, and gives each with something to say its turn. */
export class OrderServer {
  readonly #limits: ServerLimits;
  readonly #ports: ServerPorts;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #turns = new Turns<Connection>();

  constructor(limits: ServerLimits, tls: TlsIdentity | null, ports: ServerPorts) {
    this.#limits = limits;
    this.#ports = ports;
    this.#server = createListener(tls, limits, (socket) => this.#accept(socket));
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (cause) => {
        const hint = "set ORDER_HANDLER_PORT to a free one";
        reject(new Error(`the order port ${host}:${port} can't be opened; ${hint}`, { cause }));
      });
      this.#server.listen(port, host, () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  get sessionCount(): number {
    return this.#connections.size;
  }

  get hasUnanswered(): boolean {
    return [...this.#connections].some(({ session }) => session.hasUnanswered);
  }

  stopAccepting(): void {
    this.#server.close();
  }

  /** To be called every few hundred milliseconds. */
  sweep(): void {
    const nowUs = this.#ports.nowUs();
    for (const connection of this.#connections) connection.sweep(nowUs / 1000, connection.session.overdue(nowUs));
  }

  closeAll(why: string): void {
    for (const { session } of this.#connections) session.close(refuse("SHUTTING_DOWN", why));
  }

  destroyAll(why: string): void {
    for (const connection of this.#connections) connection.destroy(why);
  }

  #accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "unknown";
    const refusal = this.#refusalOf(address);
    if (refusal !== null) {
      this.#turnAway(socket, refusal);
      return;
    }
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    const session = this.#ports.createSession(() => this.#turns.wake(connection), address);
    const connection: Connection = new Connection(socket, session, this.#limits, {
      wake: (woken) => this.#turns.wake(woken),
      answered: this.#ports.answered,
      gone: (gone, why) => this.#forget(gone, why),
      nowMs: () => this.#ports.nowUs() / 1000,
    });
    this.#connections.add(connection);
  }

  #refusalOf(address: string): Refusal | null {
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#connections.size >= this.#limits.connectionsMax)
      return refuse("TOO_MANY_SESSIONS", `there are ${this.#limits.connectionsMax} sessions already`);
    if (ofAddress >= this.#limits.connectionsPerAddressMax)
      return refuse("TOO_MANY_SESSIONS", `there are ${ofAddress} sessions from ${address} already`);
    return null;
  }

  /** In text: which dialect it would have been is not known yet. */
  #turnAway(socket: Socket, { name, text }: Refusal): void {
    this.#ports.log.warn({ address: socket.remoteAddress, text }, "session turned away");
    socket.on("error", () => undefined);
    socket.resume();
    socket.end(`REJ ${REJECTS[name].code} ${name} ${text}\n`);
    setTimeout(() => socket.destroy(), this.#limits.lingerMs).unref();
  }

  #forget(connection: Connection, why: string): void {
    const { address, session } = connection;
    this.#connections.delete(connection);
    const left = (this.#perAddress.get(address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
    this.#ports.log.info({ address, account: session.account?.account, why }, "session ended");
    this.#ports.ended(session);
  }
}
