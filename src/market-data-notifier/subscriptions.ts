import { refuse } from "../shared/rejects.js";
import { type Answer, type Listener, refused } from "./listener.js";
import type { NotifierMetrics } from "./notifier-metrics.js";
import type { OrdersChannel } from "./orders-channel.js";
import { type ChannelRequest, parseChannelRequest } from "./subscribe-request.js";
import type { TradesChannel } from "./trades-channel.js";

export interface SubscriptionsOptions {
  readonly trades: TradesChannel;
  readonly orders: OrdersChannel;
  readonly knownAssets: ReadonlyMap<string, unknown>;
  readonly perConnectionMax: number;
  /** Whether the database answers: nobody is made to wait for one that does not. */
  readonly isDatabaseReady: () => boolean;
  /** Sends what is in order, so that a snapshot taken next is where the live events go on. */
  readonly flush: () => void;
  readonly metrics: NotifierMetrics;
}

type AnswerWith = (answer: Answer) => void;

/** What clients ask for: `subscribe` and `unsubscribe`, checked, counted, and passed to the channels. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** Per listener: "trades:BTC-USD", "orders". */
  readonly #held = new Map<string, Set<string>>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** A message of a client, whatever it holds. Null: the answer comes later, by `answerWith`. */
  receive(listener: Listener, event: unknown, argument: unknown, answerWith: AnswerWith): Answer | null {
    if (event !== "subscribe" && event !== "unsubscribe")
      return refused(refuse("UNKNOWN_COMMAND", "the events here are subscribe and unsubscribe"));
    const request = parseChannelRequest(argument, this.#options.knownAssets);
    if ("name" in request) return refused(request);
    if (request.channel === "orders" && listener.accountId === null)
      return refused(refuse("LOGIN_REQUIRED", "orders are private: connect with auth { keyId, secret }"));
    if (event === "unsubscribe") return this.#unsubscribe(listener, request);
    if (!this.#hold(listener, keyOf(request))) {
      const { perConnectionMax } = this.#options;
      return refused(refuse("BUSY", `at most ${perConnectionMax} subscriptions a connection: unsubscribe from one`));
    }
    if (request.channel === "orders") return this.#subscribeOrders(listener, request.fromSequence, answerWith);
    this.#options.flush();
    return { ok: true, ...this.#options.trades.subscribe(listener, request.asset) };
  }

  /** The listener is gone, and everything that was its. */
  forget(listener: Listener): void {
    this.#options.orders.unsubscribe(listener);
    for (const key of this.#held.get(listener.id) ?? [])
      this.#options.metrics.subscriptions.dec({ channel: channelOf(key) });
    this.#held.delete(listener.id);
  }

  #subscribeOrders(listener: Listener, fromSequence: number | null, answerWith: AnswerWith): Answer | null {
    const { orders, isDatabaseReady } = this.#options;
    if (!isDatabaseReady()) {
      if (!orders.has(listener)) this.#release(listener, "orders");
      return refused(refuse("UNAVAILABLE", "orders can't be read now; try again in a few seconds"));
    }
    void orders.subscribe(listener, fromSequence, (answer) => {
      if (!answer.ok && !orders.has(listener)) this.#release(listener, "orders");
      answerWith(answer);
    });
    return null;
  }

  #unsubscribe(listener: Listener, request: ChannelRequest): Answer {
    if (request.channel === "orders") this.#options.orders.unsubscribe(listener);
    else this.#options.trades.unsubscribe(listener, request.asset);
    this.#release(listener, keyOf(request));
    return { ok: true };
  }

  /** False: the connection has as many as it may. */
  #hold(listener: Listener, key: string): boolean {
    const keys = this.#held.get(listener.id) ?? new Set();
    if (keys.has(key)) return true;
    if (keys.size >= this.#options.perConnectionMax) return false;
    this.#held.set(listener.id, keys.add(key));
    this.#options.metrics.subscriptions.inc({ channel: channelOf(key) });
    return true;
  }

  #release(listener: Listener, key: string): void {
    if (this.#held.get(listener.id)?.delete(key)) this.#options.metrics.subscriptions.dec({ channel: channelOf(key) });
  }
}

function keyOf(request: ChannelRequest): string {
  return request.channel === "trades" ? `trades:${request.asset}` : "orders";
}

function channelOf(key: string): string {
  return key.split(":")[0] ?? key;
}
