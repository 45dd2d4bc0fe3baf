import { type Refusal, refuse } from "../domain/rejects.js";
import type { AnswerWith, Channel, Subscription } from "./channel.js";
import type { ChannelMetrics } from "./channel-metrics.js";
import { type Answer, type Listener, refused } from "./listener.js";
import { type KnownNames, parseSubscribeRequest } from "./subscribe-request.js";

export interface SubscriptionsOptions extends KnownNames<Channel> {
  readonly limits: { readonly subscriptionsPerConnectionMax: number };
  /** Whether the database answers; if not, subscribers are refused at once. */
  readonly isDatabaseReady: () => boolean;
  /** Flushes all channels, so that live events go on after a snapshot that is taken next. */
  readonly flush: () => void;
  readonly metrics: Pick<ChannelMetrics, "subscriptions">;
}

/** A client's request after its checks. */
interface Wanted {
  readonly channel: Channel;
  readonly subscription: Subscription;
}

/** Takes clients' `subscribe` and `unsubscribe`: checks and counts them, and passes them to the channels. */
export class Subscriptions {
  readonly #options: SubscriptionsOptions;
  /** By listener, the keys of its subscriptions, each with its channel's name. */
  readonly #held = new Map<string, Map<string, string>>();

  constructor(options: SubscriptionsOptions) {
    this.#options = options;
  }

  /** Takes any message of a client. */
  receive(listener: Listener, event: unknown, argument: unknown, answerWith: AnswerWith): void {
    const wanted = this.#wanted(listener, event, argument);
    if ("text" in wanted) answerWith(refused(wanted));
    else if (event === "subscribe") this.#subscribe(listener, wanted, answerWith);
    else {
      wanted.subscription.end();
      this.#release(listener, wanted.subscription.key);
      answerWith({ ok: true });
    }
  }

  /** Forgets a listener that is gone, and its subscriptions. */
  forget(listener: Listener): void {
    for (const channel of this.#options.channels) channel.forget(listener);
    for (const channel of this.#held.get(listener.id)?.values() ?? [])
      this.#options.metrics.subscriptions.dec({ channel });
    this.#held.delete(listener.id);
  }

  #wanted(listener: Listener, event: unknown, argument: unknown): Wanted | Refusal {
    if (event !== "subscribe" && event !== "unsubscribe")
      return refuse("UNKNOWN_COMMAND", "the events here are subscribe and unsubscribe");
    const asked = parseSubscribeRequest(argument, this.#options);
    if ("name" in asked) return asked;
    const { channel } = asked;
    if (channel.isPrivate && listener.accountId === null)
      return refuse("LOGIN_REQUIRED", `${channel.name} are private: connect with auth { keyId, secret }`);
    const subscription = channel.subscription(listener, asked);
    return "name" in subscription ? subscription : { channel, subscription };
  }

  #subscribe(listener: Listener, { channel, subscription }: Wanted, answerWith: AnswerWith): void {
    const answer = (given: Answer) => {
      if (!given.ok && !subscription.isHeld()) this.#release(listener, subscription.key);
      answerWith(given);
    };
    const problem = this.#whyNot(listener, channel, subscription);
    if (problem !== null) answer(refused(problem));
    else {
      this.#options.flush();
      subscription.begin(answer);
    }
  }

  #whyNot(listener: Listener, { name, isPrivate }: Channel, { key }: Subscription): Refusal | null {
    const { subscriptionsPerConnectionMax } = this.#options.limits;
    if (!this.#hold(listener, key, name))
      return refuse(
        "BUSY",
        `at most ${subscriptionsPerConnectionMax} subscriptions a connection: unsubscribe from one`,
      );
    if (isPrivate && !this.#options.isDatabaseReady())
      return refuse("UNAVAILABLE", `${name} can't be read now; try again in a few seconds`);
    return null;
  }

  /** Counts a subscription. False: the connection has as many as it may. */
  #hold(listener: Listener, key: string, channel: string): boolean {
    const keys = this.#held.get(listener.id) ?? new Map<string, string>();
    if (keys.has(key)) return true;
    if (keys.size >= this.#options.limits.subscriptionsPerConnectionMax) return false;
    this.#held.set(listener.id, keys.set(key, channel));
    this.#options.metrics.subscriptions.inc({ channel });
    return true;
  }

  #release(listener: Listener, key: string): void {
    const keys = this.#held.get(listener.id);
    const channel = keys?.get(key);
    if (channel !== undefined && keys?.delete(key)) this.#options.metrics.subscriptions.dec({ channel });
  }
}
