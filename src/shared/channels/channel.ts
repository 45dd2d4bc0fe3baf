/**
 * The interface of a channel that clients subscribe to. Each channel has a file of its own in this folder, and its SQL in a
 * `*-store.ts`. None knows sockets, or where notifications come from (channel-flow.ts does).
 */
import type { Asset } from "../domain/assets.js";
import type { Refusal } from "../domain/rejects.js";
import type { NotificationBatch, PublicTrade } from "../domain/reports.js";
import type { Answer, Listener } from "./listener.js";

/** The fields of a `subscribe` or `unsubscribe` beside the channel's name; only those that are this channel's. */
export interface Asked {
  /** A known asset; null: none was named. */
  readonly asset: string | null;
  /** The channel's own fields as the client sent them, unchecked. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type AnswerWith = (answer: Answer) => void;

/** A connection's subscription to a channel: it is checked, and begins with `begin`. */
export interface Subscription {
  /** Names it among the connection's subscriptions: "trades:BTC-USD", "orders". */
  readonly key: string;
  /** Subscribes. Answers once, now or later. Never throws. */
  begin(answerWith: AnswerWith): void;
  end(): void;
  /** Whether the connection is subscribed, or waits to be. */
  isHeld(): boolean;
}

/** A channel. channels.ts lists all of them. */
export interface Channel {
  readonly name: string;
  /** Private: a connection must have logged in, and gets only its own account's data. */
  readonly isPrivate: boolean;
  /** The channel's own fields of `subscribe`, beside `channel` and `asset`. */
  readonly fields: readonly string[];
  /** Checks a client's request; a private channel's listener has logged in. */
  subscription(listener: Listener, asked: Asked): Subscription | Refusal;
  /** Forgets a connection that is gone. */
  forget(listener: Listener): void;

  /** Called when notifications are offered already, so that none is missed. `flushAll` flushes all channels. */
  start(flushAll: () => void): Promise<void>;
  stop(): void;
  /** Takes up an asset that is new; one that keeps something of each asset has it. */
  takeUp?(asset: Asset): void;
  /** Takes a notification about an asset; notifications may be late, repeated, or missing. */
  offer(asset: string, batch: NotificationBatch): void;
  /** Sends the items that are in sequence; true: there are more. `onTold` gets the time of each packet's newest event. */
  flush(onTold: (matchedAtUs: number) => void): boolean;
  /** Asks Postgres for the last sequences, since the last notification may have been lost. A flush follows. */
  reconcile(): Promise<void>;
  /** Forgets about so many bytes of what can be read from Postgres again. */
  giveBack(bytes: number): void;
}

/** A channel that is made of trades: it gets them from the channel `trades`, which puts them into order and fills holes. */
export interface TradeFollower {
  /** Takes trades of an asset, each once and in sequence, in the flush that tells them to the subscribers of `trades`. */
  follow(asset: string, trades: readonly PublicTrade[]): void;
}

/** The room of a channel's subscribers to one asset, or of one account. */
export function roomOf(channel: string, whose: string | number): string {
  return `${channel}:${whose}`;
}
