import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Dialect } from "./dialect.js";
import type { Response } from "./response.js";

export interface SessionOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: true;
  readonly ca: Buffer | undefined;
  readonly dialect: Dialect;
  readonly account: string;
  /** Its place among the accounts. */
  readonly accountIndex: number;
  /** The order with this number was answered. */
  readonly onAnswer: (order: number, response: Response) => void;
  readonly onLost: (error: Error) => void;
}

const CLOSED = "the order-handler closed the connection";
const LOGIN_TIMEOUT_MS = 5_000;
const UNANSWERED_MAX = 65_536;

/** One logged-in connection. Answers come in request order, so a queue of numbers says which is whose. */
export class Session {
  readonly accountIndex: number;
  readonly #options: SessionOptions;
  readonly #socket: Socket;
  readonly #unanswered = new Uint32Array(UNANSWERED_MAX);
  #sentCount = 0;
  #answeredCount = 0;
  #isClosing = false;
  #onLogin: ((response: Response) => void) | null = null;

  private constructor(options: SessionOptions) {
    this.#options = options;
    this.accountIndex = options.accountIndex;
    const { host, port, tls, ca } = options;
    const address = ca === undefined ? { host, port } : { host, port, ca };
    this.#socket = tls === true ? connectTls(address) : connect(address);
    this.#socket.setNoDelay(true);
    const reader = options.dialect.reader();
    const onResponse = (response: Response) => this.#received(response);
    this.#socket.on("data", (bytes: Buffer) => reader.push(bytes, onResponse));
    this.#socket.on("error", (error: NodeJS.ErrnoException) =>
      this.#lost(error.code === "ECONNRESET" ? new Error(`${CLOSED} (${error.code})`) : error),
    );
    this.#socket.on("close", () => this.#lost(new Error(CLOSED)));
  }

  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    await session.#login();
    return session;
  }

  get unanswered(): number {
    return this.#sentCount - this.#answeredCount;
  }

  /** Hold writes back until uncork: one write for all orders of a turn. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** False: too much is unanswered, nothing was sent. */
  send(order: number, request: Buffer): boolean {
    if (this.unanswered >= UNANSWERED_MAX) return false;
    this.#unanswered[this.#sentCount++ % UNANSWERED_MAX] = order;
    this.#socket.write(request);
    return true;
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #login(): Promise<void> {
    const { dialect, account } = this.#options;
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`no answer to the login of ${account}`)), LOGIN_TIMEOUT_MS);
      this.#onLogin = ({ kind, text }) => {
        clearTimeout(deadline);
        if (kind === "login") resolve();
        else reject(new Error(`the login of ${account} was refused: ${text}`));
      };
      // A demo account's key has its name, and so has its secret.
      this.#socket.write(dialect.login(account, account));
      this.#socket.once("error", reject);
    });
  }

  #received(response: Response): void {
    if (this.#onLogin !== null) {
      this.#onLogin(response);
      this.#onLogin = null;
      return;
    }
    if (this.unanswered === 0) this.#lost(new Error(`an answer to nothing: ${response.kind} ${response.text}`));
    else this.#options.onAnswer(this.#unanswered[this.#answeredCount++ % UNANSWERED_MAX] ?? 0, response);
  }

  #lost(error: Error): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#options.onLost(error);
  }
}
