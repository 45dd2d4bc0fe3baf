/** A session with the order-handler in the text dialect, which comes back by itself. What is not answered is never sent again. */
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Key } from "../subscriber/connection.js";
import { ResponseLines } from "./response-lines.js";

/** Where an order-handler listens. */
export interface OrderHandlerPlace {
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean;
}

export interface OrderSessionOptions {
  /** Whether all orders of the account go when the session ends. */
  readonly cancelsOnDisconnect?: boolean;
}

/** `away`: lines can't be sent, and it tries again. `refused`: the key is no good, and it does not. */
export type SessionState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "away" | "refused"; readonly text: string };

export interface SessionEvents {
  onState(state: SessionState): void;
  /** The response to a line that was sent; null: the handler said it unasked, before it closed the session. */
  onResponse(response: string, line: string | null): void;
  /** The session was lost before the response came: the line may be in the order log, or not. */
  onUnanswered(line: string): void;
}

const ANSWER_TIMEOUT_MS = 5_000;
const PING_AFTER_MS = 5_000;
const LOOK_EVERY_MS = 500;
const RETRY_MS = 500;
const UNANSWERED_MAX = 1_000;
const PING = "PING";
const REFUSED_FOR_GOOD = /^REJ 101 /;

export class OrderSession {
  readonly #place: OrderHandlerPlace;
  readonly #events: SessionEvents;
  readonly #login: string;
  readonly #looking: NodeJS.Timeout;
  /** What was sent and not answered, oldest first. */
  #unanswered: { readonly line: string; readonly isOwn: boolean; readonly sentAtMs: number }[] = [];
  #state: SessionState = { kind: "connecting" };
  #socket: Socket;
  #heardAtMs = 0;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(place: OrderHandlerPlace, key: Key, events: SessionEvents, options: OrderSessionOptions = {}) {
    this.#place = place;
    this.#login = `LOGIN ${key.keyId} ${key.secret}${options.cancelsOnDisconnect === true ? " cod=1" : ""}`;
    this.#events = events;
    this.#socket = this.#open();
    this.#looking = setInterval(() => this.#look(performance.now()), LOOK_EVERY_MS);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Sends a line of the dialect. Returns why it was not sent; null: it was, and a response or `onUnanswered` follows. */
  send(line: string): string | null {
    if (this.#state.kind === "connecting") return "not logged in yet";
    if (this.#state.kind === "away") return `the order handler is away (${this.#state.text})`;
    if (this.#state.kind === "refused") return this.#state.text;
    if (this.#unanswered.length >= UNANSWERED_MAX) return `${UNANSWERED_MAX} lines wait for their responses`;
    this.#write(line, false);
    return null;
  }

  /** For good. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#looking);
    clearTimeout(this.#retry);
    this.#socket.destroy();
  }

  #open(): Socket {
    const { host, port, tls } = this.#place;
    const socket = tls === true ? connectTls({ host, port, servername: host }) : connect({ host, port });
    const lines = new ResponseLines();
    let why = "it closed the connection";
    socket.setNoDelay(true);
    socket.once(tls === true ? "secureConnect" : "connect", () => this.#write(this.#login, true));
    socket.on("data", (bytes) => {
      this.#heardAtMs = performance.now();
      for (const line of lines.take(bytes)) this.#receive(line);
      if (lines.isTooLong) socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      why = error.code ?? error.message;
    });
    socket.on("close", () => this.#lost(why));
    this.#heardAtMs = performance.now();
    return socket;
  }

  #write(line: string, isOwn: boolean): void {
    this.#unanswered.push({ line, isOwn, sentAtMs: performance.now() });
    this.#socket.write(`${line}\n`);
  }

  #receive(response: string): void {
    const request = this.#unanswered.shift();
    if (request === undefined) this.#events.onResponse(response, null);
    else if (!request.isOwn) this.#events.onResponse(response, request.line);
    else if (request.line !== PING) this.#onLogin(response);
  }

  #onLogin(response: string): void {
    if (response.startsWith("OK ")) this.#become({ kind: "open" });
    else if (REFUSED_FOR_GOOD.test(response)) this.#become({ kind: "refused", text: response });
    else this.#become({ kind: "away", text: response });
    if (this.#state.kind !== "open") this.#socket.destroy();
  }

  /** Asks a silent handler whether it is there, and gives up one that does not answer. */
  #look(nowMs: number): void {
    const [oldest] = this.#unanswered;
    const isSilent = nowMs - Math.max(this.#heardAtMs, oldest?.sentAtMs ?? 0) > ANSWER_TIMEOUT_MS;
    if (isSilent && (oldest !== undefined || this.#state.kind !== "open"))
      this.#socket.destroy(new Error(`no answer within ${ANSWER_TIMEOUT_MS / 1_000} s`));
    else if (this.#state.kind === "open" && oldest === undefined && nowMs - this.#heardAtMs > PING_AFTER_MS)
      this.#write(PING, true);
  }

  #lost(why: string): void {
    const unanswered = this.#unanswered.splice(0).filter(({ isOwn }) => !isOwn);
    if (this.#isClosed) return;
    if (this.#state.kind !== "refused") {
      if (this.#state.kind !== "away") this.#become({ kind: "away", text: why });
      this.#retry = setTimeout(() => {
        this.#socket = this.#open();
      }, RETRY_MS);
    }
    for (const { line } of unanswered) this.#events.onUnanswered(line);
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.#events.onState(state);
  }
}
