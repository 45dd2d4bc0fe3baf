/**
 * A session over the gateway's WebSocket whose end cancels all the account's orders: closing the tab, a crash, a lost network. When
 * it is lost while the tab is there, it is opened again at once; the exchange gives two seconds for that.
 */
const AGAIN_AFTER_MS = 200;
const AGAIN_AFTER_MAX_MS = 5_000;
const PING_EVERY_MS = 10_000;
const PONG_TIMEOUT_MS = 20_000;

export interface TabSessionEvents {
  /** `refused`: why the gateway does not watch; it is not tried again. */
  onState(state: "opening" | "watching" | "lost" | "refused", text: string): void;
}

export class TabSession {
  readonly #url: string;
  readonly #login: () => Promise<object | null>;
  readonly #events: TabSessionEvents;
  #socket: WebSocket | null = null;
  #isWanted = true;
  #afterMs = AGAIN_AFTER_MS;

  /** `login`: what to log in with at this moment. */
  constructor(gatewayUrl: string, login: () => Promise<object | null>, events: TabSessionEvents) {
    const url = new URL("/v1/ws", gatewayUrl);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#url = url.href;
    this.#login = login;
    this.#events = events;
    this.#open();
  }

  /** For good: which cancels the account's orders, as every end does. */
  close(): void {
    this.#isWanted = false;
    this.#socket?.close();
  }

  #open(): void {
    if (!this.#isWanted) return;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    let heardAtMs = performance.now();
    this.#events.onState("opening", "");
    const pings = setInterval(() => {
      if (performance.now() - heardAtMs > PONG_TIMEOUT_MS) socket.close();
      else if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ id: "ping", op: "ping" }));
    }, PING_EVERY_MS);
    socket.onopen = async () => {
      const args = { ...(await this.#login()), cancelOnDisconnect: true };
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ id: "login", op: "login", args }));
    };
    socket.onmessage = ({ data }) => {
      heardAtMs = performance.now();
      const { id, ok, text = "" } = JSON.parse(String(data));
      if (id !== "login") return;
      if (ok === true) this.#afterMs = AGAIN_AFTER_MS;
      else this.#isWanted = false;
      this.#events.onState(ok === true ? "watching" : "refused", ok === true ? "" : text);
    };
    socket.onclose = () => {
      clearInterval(pings);
      if (!this.#isWanted) return;
      this.#events.onState("lost", "");
      setTimeout(() => this.#open(), this.#afterMs);
      this.#afterMs = Math.min(this.#afterMs * 2, AGAIN_AFTER_MAX_MS);
    };
  }
}
