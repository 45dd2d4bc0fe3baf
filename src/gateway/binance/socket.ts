/** A WebSocket connection of the dialect: JSON messages in and out, and the limits of both. */
import type { RawData, WebSocket } from "ws";

export interface SocketHandler {
  /** A message as JSON; anything else has been answered. */
  receive(message: Readonly<Record<string, unknown>>): void;
  closed(): void;
}

/** Messages of a client: so many a second, and as many as in a few seconds at once. */
const MESSAGES_PER_SECOND_MAX = 100;
const MESSAGES_AT_ONCE_MAX = 500;
/** What waits for a client that does not read; past it the connection ends. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
const PING_EVERY_MS = 20_000;

const POLICY_VIOLATION = 1008;
const INVALID = { error: { code: 3, msg: "Invalid JSON: expected an object with id and method" } };

export class Socket {
  readonly #socket: WebSocket;
  readonly #pings: NodeJS.Timeout;
  #budget = MESSAGES_AT_ONCE_MAX;
  #refilledAtMs = performance.now();
  #isAlive = true;

  constructor(socket: WebSocket, handler: (socket: Socket) => SocketHandler) {
    this.#socket = socket;
    const handle = handler(this);
    socket.on("message", (data, isBinary) => this.#message(data, isBinary, handle));
    socket.on("pong", () => {
      this.#isAlive = true;
    });
    socket.on("error", () => socket.terminate());
    this.#pings = setInterval(() => this.#ping(), PING_EVERY_MS).unref();
    socket.on("close", () => {
      clearInterval(this.#pings);
      handle.closed();
    });
  }

  send(message: object): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > QUEUED_BYTES_MAX) this.end("too much waits for you: read faster");
    else this.#socket.send(text);
  }

  /** Says why, and closes. */
  end(why: string): void {
    this.#socket.close(POLICY_VIOLATION, why);
    if (this.#socket.bufferedAmount > QUEUED_BYTES_MAX) this.#socket.terminate();
  }

  #message(data: RawData, isBinary: boolean, handler: SocketHandler): void {
    const message = isBinary ? null : objectIn(data.toString());
    if (!this.#isWithinBudget()) this.end("too many messages: slow down");
    else if (message === null) this.send(INVALID);
    else handler.receive(message);
  }

  #isWithinBudget(): boolean {
    const nowMs = performance.now();
    const earned = ((nowMs - this.#refilledAtMs) / 1_000) * MESSAGES_PER_SECOND_MAX;
    this.#budget = Math.min(MESSAGES_AT_ONCE_MAX, this.#budget + earned) - 1;
    this.#refilledAtMs = nowMs;
    return this.#budget >= 0;
  }

  #ping(): void {
    if (this.#isAlive) this.#socket.ping();
    else this.#socket.terminate();
    this.#isAlive = false;
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null && !Array.isArray(message)
      ? (message as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
