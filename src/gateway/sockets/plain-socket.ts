/** A WebSocket connection of a dialect: texts in and out, and the limits of both. */
import type { RawData, WebSocket } from "ws";

export interface SocketHandler {
  /** A message; null: it is not text. */
  receive(text: string | null): void;
  closed(): void;
}

/** Messages of a client: so many a second, and as many as in a few seconds at once. */
const MESSAGES_PER_SECOND_MAX = 100;
const MESSAGES_AT_ONCE_MAX = 500;
/** What waits for a client that does not read; past it the connection ends. */
const QUEUED_BYTES_MAX = 4 * 1024 * 1024;
const PING_EVERY_MS = 20_000;

const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
/** How long a client may take to read the last that it is told. */
const PARTING_MS = 5_000;

export class PlainSocket {
  readonly #socket: WebSocket;
  readonly #pings: NodeJS.Timeout;
  #budget = MESSAGES_AT_ONCE_MAX;
  #refilledAtMs = performance.now();
  #isAlive = true;

  constructor(socket: WebSocket, handler: (socket: PlainSocket) => SocketHandler) {
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
    this.#close(POLICY_VIOLATION, why);
  }

  goAway(): void {
    this.#close(GOING_AWAY, "this gateway is stopping; connect again");
  }

  #close(code: number, why: string): void {
    this.#socket.close(code, why);
    if (this.#socket.bufferedAmount > QUEUED_BYTES_MAX) this.#socket.terminate();
    else setTimeout(() => this.#socket.terminate(), PARTING_MS).unref();
  }

  #message(data: RawData, isBinary: boolean, handler: SocketHandler): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#isWithinBudget()) handler.receive(isBinary ? null : data.toString());
    else this.end("too many messages: slow down");
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
