import { refuse } from "../../shared/domain/rejects.js";
import type { BalancesChannel } from "../channels/balances-channel.js";
import type { OrdersChannel } from "../channels/orders-channel.js";
import type { TradesChannel } from "../channels/trades-channel.js";
import type { NotifierMetrics } from "../notifier-metrics.js";
import { type Answer, type Listener, refused } from "./listener.js";
import { type ChannelRequest, parseChannelRequest } from "./subscribe-request.js";

export interface SubscriptionsOptions {
  readonly trades: TradesChannel;
  readonly orders: OrdersChannel;
  readonly balances: BalancesChannel;
  readonly knownAssets: ReadonlyMap<string, unknown>;
  readonly perConnectionMax: number;
  /** Whether the database answers: nobody is made to wait for one that does not. */
  readonly isDatabaseReady: () => boolean;
  /** Sends what is in order, so that a snapshot taken next is where the live events go on. */
  readonly flush: () => void;
  readonly metrics: NotifierMetrics;
}

type PrivateRequest = Exclude<ChannelRequest, { channel: "trades" }>;
type AnswerWith = (answer: Answer) => void;

/** What clients ask for: `subscribe` and `unsubscribe`, checked, counted, and passed to the channels. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** Per listener: "trades:BTC-USD", "orders", "balances". */
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
    if (request.channel !== "trades" && listener.accountId === null)
      return refused(refuse("LOGIN_REQUIRED", `${request.channel} are private: connect with auth { keyId, secret }`));
    if (event === "unsubscribe") return this.#unsubscribe(listener, request);
    if (!this.#hold(listener, keyOf(request))) {
      const { perConnectionMax } = this.#options;
      return refused(refuse("BUSY", `at most ${perConnectionMax} subscriptions a connection: unsubscribe from one`));
    }
    if (request.channel !== "trades") return this.#subscribePrivate(listener, request, answerWith);
    this.#options.flush();
    return { ok: true, ...this.#options.trades.subscribe(listener, request.asset) };
  }

  /** The listener is gone, and everything that was its. */
  forget(listener: Listener): void {
    this.#options.orders.unsubscribe(listener);
    this.#options.balances.unsubscribe(listener);
    for (const key of this.#held.get(listener.id) ?? [])
      this.#options.metrics.subscriptions.dec({ channel: channelOf(key) });
    this.#held.delete(listener.id);
  }

  /** The answer comes from the database. */
  #subscribePrivate(listener: Listener, request: PrivateRequest, answerWith: AnswerWith): Answer | null {
    const { orders, balances, isDatabaseReady } = this.#options;
    const { channel } = request;
    const releaseIfOut = () => {
      if (!this.#options[channel].has(listener)) this.#release(listener, channel);
    };
    if (!isDatabaseReady()) {
      releaseIfOut();
      return refused(refuse("UNAVAILABLE", `${channel} can't be read now; try again in a few seconds`));
    }
    const answer = (given: Answer) => {
      if (!given.ok) releaseIfOut();
      answerWith(given);
    };
    if (request.channel === "orders") void orders.subscribe(listener, request.fromSequence, answer);
    else balances.subscribe(listener, answer);
    return null;
  }

  #unsubscribe(listener: Listener, request: ChannelRequest): Answer {
    if (request.channel === "trades") this.#options.trades.unsubscribe(listener, request.asset);
    else this.#options[request.channel].unsubscribe(listener);
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
  return request.channel === "trades" ? `trades:${request.asset}` : request.channel;
}

function channelOf(key: string): string {
  return key.split(":")[0] ?? key;
}
