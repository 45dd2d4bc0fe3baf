import type { Socket } from "node:net";
import type { RejectName } from "../shared/domain/rejects.js";
import type { AccountId } from "../shared/domain/units.js";
import type { Answered } from "./dialect.js";
import type { Session } from "./session.js";
import type { TurnEnd, TurnTaker } from "./turns.js";

export interface ConnectionLimits {
  /** Limit of the bytes that wait for the client to read them; at it, nothing more is read from the client. */
  readonly outputBytesMax: number;
  /** How long a client may be at that limit; then it is cut off. */
  readonly drainTimeoutMs: number;
  /** How long after our last byte the client may take to close its side, too. */
  readonly lingerMs: number;
}

export interface ConnectionPorts {
  /** Asks for a turn. */
  readonly wake: (connection: Connection) => void;
  readonly answered: (answered: Answered) => void;
  readonly gone: (connection: Connection, why: string) => void;
  /** How long the account must wait before its sessions are served again. */
  readonly waitMs: (accountId: AccountId) => number;
  readonly nowMs: () => number;
}

/** Lines or frames that a session takes in one turn at most. */
const MESSAGES_PER_TURN = 64;
/** Refusals of clients that send too much. */
const TOO_MUCH: ReadonlySet<RejectName> = new Set(["BUSY", "RATE_LIMITED"]);
/** Limit of the received bytes that wait for their turn; at it, the socket is not read. */
const PENDING_BYTES_MAX = 65_536;

/** One socket and its session: reads while the session can take requests, writes when it is the connection's turn. */
export class Connection implements TurnTaker {
  readonly session: Session;
  readonly address: string;
  readonly #socket: Socket;
  readonly #limits: ConnectionLimits;
  readonly #ports: ConnectionPorts;
  #fullSinceMs: number | null = null;
  #endedAtMs: number | null = null;
  #cutReason: string | null = null;
  readonly #strangersGroup: string;
  #accountGroup: string | null = null;

  constructor(socket: Socket, address: string, session: Session, limits: ConnectionLimits, ports: ConnectionPorts) {
    this.session = session;
    this.address = address;
    this.#strangersGroup = `address ${address}`;
    this.#socket = socket;
    this.#limits = limits;
    this.#ports = ports;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      session.receive(chunk);
      this.#readOrPause();
      ports.wake(this);
    });
    socket.on("end", () => {
      session.endInput();
      ports.wake(this);
    });
    socket.on("drain", () => ports.wake(this));
    socket.on("error", ({ message }) => this.#cut(message));
    socket.on("close", () => {
      ports.gone(this, this.#cutReason ?? session.closingReason ?? "the client closed the connection");
    });
  }

  /** Turns are shared by the sessions of an account, and by the sessions of an address that have not logged in. */
  get group(): string {
    const { account } = this.session;
    if (account === null) return this.#strangersGroup;
    this.#accountGroup ??= `account ${account.accountId}`; // kept, since each turn reads it several times
    return this.#accountGroup;
  }

  /** Takes a bounded number of requests, and writes the responses that are ready. */
  takeTurn(): TurnEnd {
    if (this.#endedAtMs !== null || this.#socket.destroyed) return { hasMore: false, refused: 0, waitMs: 0 };
    if (!this.#isFull) this.session.proceed(MESSAGES_PER_TURN);
    let refused = 0;
    const output = this.session.takeOutput((answered) => {
      if (answered.response.kind === "refused" && TOO_MUCH.has(answered.response.name)) refused++;
      this.#ports.answered(answered);
    });
    if (output !== null) this.#socket.write(output);
    this.#fullSinceMs = this.#isFull ? (this.#fullSinceMs ?? this.#ports.nowMs()) : null;
    if (this.session.isFinished) this.#end();
    this.#readOrPause();
    return { hasMore: this.session.mayProceed && !this.#isFull, refused, waitMs: this.#waitMs() };
  }

  /** Closes a session that is overdue, and cuts off a client that does not read or does not close. */
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

  #waitMs(): number {
    const { account } = this.session;
    return account === null ? 0 : this.#ports.waitMs(account.accountId);
  }

  #end(): void {
    this.#endedAtMs = this.#ports.nowMs();
    this.#socket.end();
  }

  #readOrPause(): void {
    // Bytes that still come in are read and dropped: closing with unread bytes would reset the connection, and the client
    // might never see the last response.
    const { session } = this;
    const hasPlenty = session.mayProceed && session.pendingBytes >= PENDING_BYTES_MAX;
    const mustPause = session.closingReason === null && (session.isBlocked || hasPlenty || this.#isFull);
    if (mustPause === this.#socket.isPaused()) return;
    if (mustPause) this.#socket.pause();
    else this.#socket.resume();
  }

  #cut(why: string | null): void {
    this.#cutReason ??= why;
    this.#socket.destroy();
  }
}
