/**
 * The connection to the notifier, and the one file that imports socket.io-client. It keeps what is wanted, and subscribes to it
 * whenever a connection stands; it comes back by itself from everything but a refused key.
 */
import { io, type Socket } from "socket.io-client";
import { type Health, Liveness } from "./liveness.js";

export interface Key {
  readonly keyId: string;
  readonly secret: string;
}

/** Somebody who signed in: access tokens are short-lived, so each connection asks for the one of its moment. */
export interface TokenSource {
  /** Null: there is none any more, and the server says so. */
  token(): string | null;
  /** Gets the next one, when the server says that the last is no longer good. False: there is none. */
  renew(): Promise<boolean>;
}

export type Credentials = Key | TokenSource;

/** An answer to `subscribe`. */
export type Answer = { readonly ok: true } | Refused;

export interface Refused {
  readonly ok: false;
  readonly code: string;
  readonly text: string;
}

/** What is to be subscribed to as long as nobody ends it. */
export interface Wanted {
  /** The argument of `subscribe`, asked for anew with each connection. */
  request(): object;
  /** With each answer; returns whether it is of use. False: it is asked for again after a moment. */
  onAnswer(answer: { readonly ok: true }): boolean;
  onRefused(why: Refused): void;
}

export interface ConnectionEvents {
  onHealth(health: Health): void;
  /** Why the key or the token is not good (any more); the connection goes on without it. */
  onKeyRefused(why: Refused): void;
  /** What the server said before it cut the connection. */
  onLagged(text: string): void;
  /** Each event of a channel. */
  onEvent(channel: string, payload: unknown): void;
}

const LOOK_EVERY_MS = 250;
const ANSWER_TIMEOUT_MS = 5_000;
const RETRY_MS = 1_000;
const ATTEMPTS_MAX = 5;
const NO_ANSWER: Refused = { ok: false, code: "NO_ANSWER", text: "the server did not answer in time" };
/** Refusals that may be otherwise in a moment. */
const MOMENTARY = new Set(["BUSY", "UNAVAILABLE", "RATE_LIMITED", "NO_ANSWER"]);

export class Connection {
  readonly #url: string;
  readonly #events: ConnectionEvents;
  readonly #liveness = new Liveness();
  /** What is wanted, each with the number of its last attempt to subscribe: an older attempt gives up. */
  readonly #wanted = new Map<Wanted, number>();
  readonly #looking: ReturnType<typeof setInterval>;
  #socket: Socket;
  #health: Health | null = null;

  /** `url`: of the notifier, such as http://127.0.0.1:7002. */
  constructor(url: string, events: ConnectionEvents, key: Credentials | null) {
    this.#url = url;
    this.#events = events;
    this.#socket = this.#open(key);
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Connects anew, as the account of the key or the token, or as nobody. */
  useKey(key: Credentials | null): void {
    const before = this.#socket;
    this.#socket = this.#open(key);
    this.#liveness.connecting();
    before.close(); // no longer the current one: its end is no loss
    this.#look();
  }

  /** Subscribes now and with each new connection. Returns how to end it. */
  follow(wanted: Wanted): () => void {
    this.#wanted.set(wanted, 0);
    if (this.#socket.connected) void this.#subscribe(this.#socket, wanted);
    return () => {
      this.#wanted.delete(wanted);
      if (this.#socket.connected) this.#socket.emit("unsubscribe", unsubscribeOf(wanted.request()));
    };
  }

  /** Subscribes anew, for instance after a gap; what it was is replaced. */
  again(wanted: Wanted): void {
    if (this.#wanted.has(wanted) && this.#socket.connected) void this.#subscribe(this.#socket, wanted);
  }

  /** For good, and without another word. */
  close(): void {
    clearInterval(this.#looking);
    this.#wanted.clear();
    this.#socket.removeAllListeners().offAny();
    this.#socket.close();
  }

  /** One question with one answer, such as a page; asked again where the refusal may be otherwise in a moment. Never rejects. */
  async ask(request: object): Promise<Answer> {
    const socket = this.#socket;
    for (let attempt = 1; ; attempt++) {
      const answer = await askOn(socket, request, (answer) => answer);
      if (answer.ok || !MOMENTARY.has(answer.code) || attempt === ATTEMPTS_MAX || !socket.connected) return answer;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #open(key: Credentials | null): Socket {
    const socket = io(this.#url, {
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      reconnectionDelay: 250,
      reconnectionDelayMax: 2_000,
      ...(key === null ? {} : { auth: authOf(key) }),
    });
    const ifCurrent = (act: () => void) => {
      if (socket === this.#socket) act();
    };
    socket.on("connect", () => {
      this.#liveness.connected(performance.now());
      socket.io.engine.on("packet", () => ifCurrent(() => this.#liveness.heard(performance.now())));
      for (const wanted of this.#wanted.keys()) void this.#subscribe(socket, wanted);
      this.#look();
    });
    socket.on("disconnect", (reason) =>
      ifCurrent(() => {
        this.#liveness.disconnected();
        this.#look();
        // Cut by the server itself: the library leaves it at that.
        if (reason === "io server disconnect") setTimeout(() => ifCurrent(() => socket.connect()), RETRY_MS);
      }),
    );
    socket.on("connect_error", (error: Error & { data?: { code: string; text: string } }) =>
      ifCurrent(() => this.#onConnectError(socket, key, error)),
    );
    socket.on("lagged", ({ text }: { text: string }) => this.#events.onLagged(text));
    socket.on("logged_out", ({ code, text }: { code: string; text: string }) =>
      ifCurrent(() => this.#refuseKey({ ok: false, code, text })),
    );
    socket.onAny((channel: string, payload: unknown) => ifCurrent(() => this.#events.onEvent(channel, payload)));
    return socket;
  }

  /** An answer of the server has `data`: it is about the key, or says that the server can't answer now. */
  #onConnectError(socket: Socket, key: Credentials | null, { data }: { data?: { code: string; text: string } }): void {
    this.#look();
    if (data === undefined) return;
    if (key !== null && !MOMENTARY.has(data.code)) this.#refuseKey({ ok: false, ...data });
    else setTimeout(() => socket === this.#socket && socket.connect(), RETRY_MS);
  }

  #refuseKey(why: Refused): void {
    this.#events.onKeyRefused(why);
    this.useKey(null);
  }

  async #subscribe(socket: Socket, wanted: Wanted): Promise<void> {
    const attempt = (this.#wanted.get(wanted) ?? 0) + 1;
    this.#wanted.set(wanted, attempt);
    const isCurrent = () => socket === this.#socket && socket.connected && this.#wanted.get(wanted) === attempt;
    const take = (answer: Answer) => {
      if (!isCurrent()) return true;
      if (!answer.ok) wanted.onRefused(answer);
      return answer.ok ? wanted.onAnswer(answer) : !MOMENTARY.has(answer.code);
    };
    while (isCurrent()) {
      if (await askOn(socket, wanted.request(), take)) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  #look(): void {
    const { health, ask } = this.#liveness.look(performance.now());
    // Any event is answered, also one that the server does not know; the answer is a packet, and that is all it is for.
    if (ask) this.#socket.volatile.emit("are-you-there", () => undefined);
    if (health === this.#health) return;
    this.#health = health;
    this.#events.onHealth(health);
  }
}

function authOf(key: Credentials): object | ((tell: (auth: object) => void) => void) {
  if (!("token" in key)) return { ...key };
  return (tell) => tell({ token: key.token() ?? "" });
}

/** `take` has the answer before any event that comes after it; a promise has it when those in the same piece have been told. */
function askOn<Taken>(socket: Socket, request: object, take: (answer: Answer) => Taken): Promise<Taken> {
  return new Promise((resolve) => {
    socket.timeout(ANSWER_TIMEOUT_MS).emit("subscribe", request, (error: Error | null, answer: Answer) => {
      resolve(take(error === null ? answer : NO_ANSWER));
    });
  });
}

/** `from` and `next` are about what follows a subscription, not about which one it is. */
function unsubscribeOf(request: object): object {
  const { from: _from, next: _next, ...which } = request as Record<string, unknown>;
  return which;
}
