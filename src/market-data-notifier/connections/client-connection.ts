import type { DefaultEventsMap, Socket } from "socket.io";
import type { Lagged, Listener } from "../../shared/channels/listener.js";
import type { AccountId } from "../../shared/domain/units.js";
import { hasBecome } from "../../shared/process/waits.js";
import type { FanOut } from "./fan-out.js";
import type { SubscriberLogin } from "./handshake-logins.js";
import { OutgoingQueue, type QueueLimits } from "./outgoing-queue.js";

export interface ClientData {
  login?: SubscriberLogin;
}
export type ClientSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, ClientData>;

export interface ConnectionEvents {
  /** Called when the connection joins its first room. */
  readonly onJoin: () => void;
  /** Called when the connection is told why it is cut; it gets nothing more. */
  readonly onParting: (event: PartingEvent, why: object) => void;
}

type PartingEvent = "lagged" | "logged_out";

/** The state of a connection that is told why it is cut: ended at `untilMs`, or earlier when it has read everything. */
interface Parting {
  readonly untilMs: number;
  readonly patienceMs: number;
  leastBytes: number;
  readAtMs: number;
}

const ROOM_POLL_MS = 10;
/** The longest time that a client may take to read why it is cut. */
export const PARTING_MAX_MS = 180_000;
/** The same for a client that is logged out: it has no right to be told anything more. */
const LOG_OUT_TIMEOUT_MS = 2_000;

/**
 * One client's connection: open, then parting (it is told why it is cut, and gets nothing more), then ended. A slow client
 * must read all that is on its way before it reads the reason, so the connection ends only behind the reason, after this
 * process has handed over both. A client that reads nothing for `partingTimeoutMs` is ended without that.
 */
export class ClientConnection implements Listener {
  readonly id: string;
  readonly login: SubscriberLogin | null;
  readonly #socket: ClientSocket;
  readonly #queue: OutgoingQueue;
  readonly #limits: QueueLimits;
  readonly #events: ConnectionEvents;
  readonly #fanOut: FanOut;
  readonly #rooms = new Set<string>();
  #parting: Parting | null = null;

  constructor(socket: ClientSocket, fanOut: FanOut, limits: QueueLimits, events: ConnectionEvents) {
    this.id = socket.id;
    this.login = socket.data.login ?? null;
    this.#socket = socket;
    this.#fanOut = fanOut;
    this.#limits = limits;
    this.#events = events;
    this.#queue = new OutgoingQueue(socket, limits, fanOut.onWritten);
  }

  get accountId(): AccountId | null {
    return this.login?.accountId ?? null;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get isParting(): boolean {
    return this.#parting !== null;
  }

  isConnected(): boolean {
    return this.#socket.connected && !this.isParting;
  }

  join(room: string): void {
    this.#rooms.add(room);
    this.#fanOut.join(room, this.#queue);
    this.#events.onJoin();
  }

  leave(room: string): void {
    if (this.#rooms.delete(room)) this.#fanOut.leave(room, this.#queue);
  }

  leaveAll(): void {
    for (const room of this.#rooms) this.leave(room);
  }

  send(event: string, payload: object): void {
    if (!this.isParting) this.#socket.emit(event, payload);
  }

  /** What is sent next answers a request: many may have asked for much at the same moment. */
  beginAnswer(): void {
    this.#queue.giveTime();
  }

  isBehind(): boolean {
    return this.#queue.isLong;
  }

  async hasRoom(): Promise<boolean> {
    const { queueBytesMax, partingTimeoutMs } = this.#limits;
    this.#queue.giveTime();
    const hasEnded = () => !this.isConnected() || this.queuedBytes <= queueBytesMax / 4;
    if (await hasBecome(hasEnded, { deadlineMs: partingTimeoutMs, everyMs: ROOM_POLL_MS })) return this.isConnected();
    this.cut({ reason: "SLOW_CONSUMER", text: "you did not read what you asked for: read faster" });
    return false;
  }

  cut(why: Lagged): void {
    this.#part("lagged", why, this.#limits.partingTimeoutMs);
  }

  logOut(why: object): void {
    this.#part("logged_out", why, LOG_OUT_TIMEOUT_MS);
  }

  /** Checks whether the client keeps up, or, once it parts, whether it has read why. Called again and again. */
  look(nowMs: number): void {
    const lag = this.#parting === null ? this.#queue.lag(nowMs) : null;
    if (this.#parting !== null) this.#lookAtParting(this.#parting, nowMs);
    else if (lag !== null) this.cut({ reason: "SLOW_CONSUMER", text: `${lag}: read faster, or subscribe to less` });
  }

  /** Ends the connection at once, whatever the client has not read. */
  discard(): void {
    this.#queue.discard();
  }

  #part(event: PartingEvent, why: object, patienceMs: number): void {
    if (this.#parting !== null || !this.#socket.connected) return;
    this.leaveAll();
    this.#events.onParting(event, why);
    this.#queue.drop();
    this.#socket.emit(event, why);
    this.#queue.bePatient(patienceMs);
    const nowMs = performance.now();
    this.#parting = { untilMs: nowMs + PARTING_MAX_MS, patienceMs, leastBytes: this.queuedBytes, readAtMs: nowMs };
  }

  #lookAtParting(parting: Parting, nowMs: number): void {
    const bytes = this.queuedBytes;
    if (bytes < parting.leastBytes) {
      parting.leastBytes = bytes;
      parting.readAtMs = nowMs;
    }
    const isOver = nowMs > parting.untilMs || nowMs - parting.readAtMs > parting.patienceMs;
    if (isOver) this.discard();
    else if (bytes === 0) {
      this.#socket.disconnect(true);
      this.#queue.end();
    }
  }
}
