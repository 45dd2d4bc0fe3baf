/**
 * What lives here: the channels that clients subscribe to, each with its own file, its own SQL (`*-store.ts`) and what it
 * remembers. Nothing here knows Socket.IO (that is connections/) or where notifications come from (service.ts).
 */
import type { Refusal } from "../../shared/domain/rejects.js";
import type { NotificationBatch } from "../../shared/domain/reports.js";
import type { Answer, Listener } from "../connections/listener.js";

/** What `subscribe` and `unsubscribe` say beside the channel's name; only fields that are this channel's. */
export interface Asked {
  /** One that is traded here. */
  readonly asset: string | null;
  /** The channel's own fields as the client sent them, unchecked. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export type AnswerWith = (answer: Answer) => void;

/** What one connection asks of one channel, checked and not begun. */
export interface Subscription {
  /** Each is held once by a connection, and counts as one: "trades:BTC-USD", "orders". */
  readonly key: string;
  /** Answers once, now or later. Never throws. */
  begin(answerWith: AnswerWith): void;
  end(): void;
  /** Whether the connection is subscribed to it, or about to be. */
  isHeld(): boolean;
}

/** One kind of thing that subscribers are told. channels.ts lists all of them. */
export interface Channel {
  readonly name: string;
  /** Private: a connection gets what is its own account's, read from Postgres, after a login. */
  readonly isPrivate: boolean;
  /** The fields of `subscribe` that are this channel's, beside `channel` and `asset`. */
  readonly fields: readonly string[];
  /** Checks what a client asks for; a private channel's listener has logged in. */
  subscription(listener: Listener, asked: Asked): Subscription | Refusal;
  /** The connection is gone. */
  forget(listener: Listener): void;

  /** Called once notifications are offered, so that nothing falls between. `flushAll` sends what is in order, of all channels. */
  start(flushAll: () => void): Promise<void>;
  stop(): void;
  /** What trade-processing told of an asset, late or twice perhaps, or with holes. */
  offer(asset: string, batch: NotificationBatch): void;
  /** Tells everybody what is in order; true: there is more. `onTold` gets the time of the newest event of each packet. */
  flush(onTold: (matchedAtUs: number) => void): boolean;
  /** Asks Postgres how far everything is: a notification may be lost, and followed by none. */
  reconcile(): Promise<void>;
  /** Lets go of about so many bytes that can be read from Postgres again. */
  giveBack(bytes: number): void;
}

/** The Socket.IO room of those who get what has this key. */
export function roomOf(channel: string, whose: string | number): string {
  return `${channel}:${whose}`;
}
