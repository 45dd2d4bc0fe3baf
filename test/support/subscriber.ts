import { io, type Socket } from "socket.io-client";
import { patience } from "./machine.js";

export interface TradeSeen {
  readonly tradeId: number;
  readonly price: string;
  readonly quantity: string;
  readonly takerSide: "buy" | "sell";
}

export interface ReportSeen {
  readonly accountSequence: number;
  readonly asset: string;
  readonly orderId: number;
  readonly clientOrderId?: string;
  readonly event: string;
  readonly status: string;
}

interface Answer {
  readonly ok: boolean;
  readonly code?: string;
  readonly trades?: TradeSeen[];
}

const ANSWER_TIMEOUT_MS = 5000;
const RETRY_MS = 50;

/** A stock Socket.IO client that follows one channel, comes back when its connection breaks, and keeps what it saw. */
abstract class Subscriber<Seen> {
  readonly seen: Seen[] = [];
  protected readonly socket: Socket;
  #isClosed = false;
  #first: (error: Error | null) => void = () => {};
  /** After the first successful subscription. */
  readonly subscribed = new Promise<void>((resolve, reject) => {
    this.#first = (error) => (error === null ? resolve() : reject(error));
  });

  constructor(url: string, account: string | null) {
    const auth = account === null ? {} : { keyId: account, secret: account };
    this.socket = io(url, { auth, forceNew: true, reconnectionDelay: RETRY_MS, reconnectionDelayMax: 4 * RETRY_MS });
    this.socket.on("connect", () => void this.#subscribe());
    // Cut by the server itself (too slow, say): the client library leaves it at that.
    this.socket.on("disconnect", (reason) => {
      if (reason === "io server disconnect") this.#connectAgain();
    });
    // Refused by the server itself (its database may be away): the client library does not try again by itself.
    this.socket.on("connect_error", () => {
      if (!this.socket.active) setTimeout(() => this.#connectAgain(), RETRY_MS);
    });
  }

  #connectAgain(): void {
    if (!this.#isClosed) this.socket.connect();
  }

  protected abstract request(): object;
  protected abstract onAnswer(answer: Answer): void;

  async #subscribe(): Promise<void> {
    const connection = this.socket.id;
    while (this.socket.connected && this.socket.id === connection) {
      const answer: Answer = await this.socket
        .timeout(patience(ANSWER_TIMEOUT_MS))
        .emitWithAck("subscribe", this.request())
        .catch(() => ({ ok: false, code: "NO_ANSWER" }));
      if (answer.ok) {
        this.onAnswer(answer);
        return this.#first(null);
      }
      if (answer.code === "LOGIN_REQUIRED") return this.#first(new Error(answer.code));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** For good: it would try for ever where nobody is any more. */
  close(): void {
    this.#isClosed = true;
    this.socket.disconnect();
  }
}

/** Everybody's trades of an asset: the last ones from the snapshot, then live. */
export class TradeSubscriber extends Subscriber<TradeSeen> {
  readonly #asset: string;

  constructor(url: string, asset: string) {
    super(url, null);
    this.#asset = asset;
    this.socket.on("trades", ({ trades }: { trades: TradeSeen[] }) => this.seen.push(...trades));
  }

  protected override request(): object {
    return { channel: "trades", asset: this.#asset };
  }

  protected override onAnswer({ trades = [] }: Answer): void {
    const last = Math.max(0, ...this.seen.map(({ tradeId }) => tradeId));
    this.seen.push(...trades.filter(({ tradeId }) => tradeId > last).sort((a, b) => a.tradeId - b.tradeId));
  }
}

/** One account's reports from the first one on. */
export class ReportSubscriber extends Subscriber<ReportSeen> {
  constructor(url: string, account: string | null, onReports: (reports: readonly ReportSeen[]) => void = () => {}) {
    super(url, account);
    this.socket.on("orders", ({ reports }: { reports: ReportSeen[] }) => {
      this.seen.push(...reports);
      onReports(reports);
    });
  }

  protected override request(): object {
    return { channel: "orders", from: this.seen.at(-1)?.accountSequence ?? 0 };
  }

  protected override onAnswer(): void {}
}
