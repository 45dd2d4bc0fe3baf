/** Customers beside an attack: two trade, one logs in anew all the time, one subscribes anew all the time. */
import { io } from "socket.io-client";
import { pausedFor } from "../../src/shared/process/waits.js";
import { SessionLost, TextSession } from "../../test/support/trading-session.js";
import { Latencies, type LatencySummary } from "../load/latencies.js";
import type { Target } from "../load/target.js";

/** What they saw since they were asked before. */
export interface Seen {
  readonly ack: LatencySummary;
  /** Orders that were refused, and logins and subscriptions that failed, by why, and how often. */
  readonly refused: ReadonlyMap<string, number>;
  readonly slowestLoginMs: number;
  readonly slowestSubscriptionMs: number;
}

const TRADERS = [
  ["random1", "BUY"],
  ["random2", "SELL"],
] as const;
const ASSETS = ["KCN-EUR", "BTC-USD"] as const;
const ORDER_EVERY_MS = 20;
const NEWCOMER_EVERY_MS = 250;
const RECONNECT_MS = 50;
const SUBSCRIBES_WITHIN_MS = 20_000;

export class HonestClients {
  readonly #target: Target;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #acks = new Latencies();
  #refused = new Map<string, number>();
  #slowestLoginMs = 0;
  #slowestSubscriptionMs = 0;

  constructor(target: Target) {
    this.#target = target;
    const trading = TRADERS.flatMap(([account, side]) => ASSETS.map((asset) => this.#trade(account, side, asset)));
    this.#running = Promise.all([...trading, this.#logInAnew(), this.#subscribeAnew()]);
  }

  take(): Seen {
    const seen = {
      ack: this.#acks.summary(),
      refused: this.#refused,
      slowestLoginMs: this.#slowestLoginMs,
      slowestSubscriptionMs: this.#slowestSubscriptionMs,
    };
    this.#acks = new Latencies();
    this.#refused = new Map();
    [this.#slowestLoginMs, this.#slowestSubscriptionMs] = [0, 0];
    return seen;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** One order after the other, each far from the other side, and taken back. */
  async #trade(account: string, side: "BUY" | "SELL", asset: string): Promise<void> {
    const { signal } = this.#stopping;
    const price = side === "BUY" ? 1 : 900_000;
    let session = null as TextSession | null;
    while (!signal.aborted) {
      session = session?.isOpen ? session : await this.#login(account);
      if (session !== null) await this.#order(session, `${side} ${asset} 1 ${price}`);
      await pausedFor(session === null ? RECONNECT_MS : ORDER_EVERY_MS, signal);
    }
    session?.close();
  }

  async #order(session: TextSession, line: string): Promise<void> {
    const sentMs = performance.now();
    try {
      const [kind, id, name] = (await session.request(line)).split(" ");
      this.#acks.record(performance.now() - sentMs);
      if (kind === "ACK") await session.request(`CANCEL ${line.split(" ")[1]} ${id}`);
      else this.#note(name ?? "no answer");
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      this.#note("session lost");
    }
  }

  async #logInAnew(): Promise<void> {
    const { signal } = this.#stopping;
    while (await pausedFor(NEWCOMER_EVERY_MS, signal)) (await this.#login("random1"))?.close();
  }

  async #login(account: string): Promise<TextSession | null> {
    const startedMs = performance.now();
    try {
      return await TextSession.open(this.#target.orderHandler, account);
    } catch (error) {
      this.#note(`login: ${(error as Error).message.slice(0, 60)}`);
      return null;
    } finally {
      this.#slowestLoginMs = Math.max(this.#slowestLoginMs, performance.now() - startedMs);
    }
  }

  async #subscribeAnew(): Promise<void> {
    const { notifierUrl } = this.#target;
    if (notifierUrl === null) return;
    while (await pausedFor(NEWCOMER_EVERY_MS, this.#stopping.signal)) {
      const startedMs = performance.now();
      const auth = { keyId: "random2", secret: "random2" };
      const socket = io(notifierUrl, { auth, forceNew: true, reconnection: false, transports: ["websocket"] });
      const subscribing = new Promise((resolve, reject) => {
        socket.once("connect_error", reject);
        socket.once("disconnect", (why) => reject(new Error(why)));
        socket.timeout(SUBSCRIBES_WITHIN_MS).emitWithAck("subscribe", { channel: "balances" }).then(resolve, reject);
      });
      await subscribing.catch((error: Error) => this.#note(`subscription: ${error.message.slice(0, 60)}`));
      this.#slowestSubscriptionMs = Math.max(this.#slowestSubscriptionMs, performance.now() - startedMs);
      socket.disconnect();
    }
  }

  #note(why: string): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
  }
}
