import type { Socket } from "node:net";
import type { Answered } from "./dialect.js";
import type { Session } from "./session.js";

export interface ConnectionLimits {
  /** Bytes that may wait for a client to read them; then it is not read from either. */
  readonly outputBytesMax: number;
  /** How long a client may leave more than that unread; then it is cut off. */
  readonly drainTimeoutMs: number;
  /** From our last byte until the client closes its side, too. */
  readonly lingerMs: number;
}

export interface ConnectionPorts {
  readonly answered: (answered: Answered) => void;
  readonly gone: (connection: Connection, why: string) => void;
  readonly nowMs: () => number;
}

/** One socket and the session on it: reads when the session may go on, writes when it is its turn. */
export class Connection {
  readonly session: Session;
  readonly address: string;
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #ports: ConnectionPorts;
  #fullSinceMs: number | null = null;
  #endedAtMs: number | null = null;
  #cutReason: string | null = null;

  constructor(socket: Socket, session: Session, limits: ConnectionLimits, ports: ConnectionPorts) {
    this.session = session;
    this.address = socket.remoteAddress ?? "unknown";
    this.#socket = socket;
    this.#limits = limits;
    this.#ports = ports;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      session.receive(chunk);
      this.#readOrPause();
    });
    socket.on("end", () => session.endInput());
    socket.on("drain", () => this.takeTurn());
    socket.on("error", ({ message }) => this.#cut(message));
    socket.on("close", () => {
      ports.gone(this, this.#cutReason ?? session.closingReason ?? "the client closed the connection");
    });
  }

  /** Writes what is ready, and lets the session go on with what it has not taken yet. */
  takeTurn(): void {
    if (this.#endedAtMs !== null || this.#socket.destroyed) return;
    const output = this.session.takeOutput(this.#ports.answered);
    if (output !== null) this.#socket.write(output);
    this.#fullSinceMs = this.#isFull ? (this.#fullSinceMs ?? this.#ports.nowMs()) : null;
    if (!this.#isFull) this.session.proceed();
    if (this.session.isFinished) this.#end();
    this.#readOrPause();
  }

  /** Closes what is overdue. */
  sweep(nowMs: number, overdue: ReturnType<Session["overdue"]>): void {
    if (overdue !== null) this.session.close(overdue);
    this.#fullSinceMs = this.#isFull ? (this.#fullSinceMs ?? nowMs) : null;
    const { drainTimeoutMs, lingerMs } = this.#limits;
    if (this.#fullSinceMs !== null && nowMs - this.#fullSinceMs > drainTimeoutMs)
      this.#cut("the client does not read its responses");
    if (this.#endedAtMs !== null && nowMs - this.#endedAtMs > lingerMs) this.#cut(this.session.closingReason);
  }

  destroy(why: string): void {
    this.#cut(why);
  }

  get #isFull(): boolean {
    return this.#socket.writableLength > this.#limits.outputBytesMax;
  }

  #end(): void {
    this.#endedAtMs = this.#ports.nowMs();
    this.#socket.end();
  }

  #readOrPause(): void {
    // After the last word, what still comes in is read and dropped: closing with unread bytes would reset the
    // connection, and the client might never see why.
    const mustPause = this.session.closingReason === null && (this.session.isBlocked || this.#isFull);
    if (mustPause === this.#socket.isPaused()) return;
    if (mustPause) this.#socket.pause();
    else this.#socket.resume();
  }

  #cut(why: string | null): void {
    this.#cutReason ??= why;
    this.#socket.destroy();
  }
}
