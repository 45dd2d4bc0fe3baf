import type { Refusal, RejectName } from "../domain/rejects.js";
import type { AccountId } from "../domain/units.js";

/** The answer to `subscribe` or `unsubscribe`. */
export type Answer =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly code: RejectName; readonly text: string };

export function refused({ name, text }: Refusal): Answer {
  return { ok: false, code: name, text };
}

/** A connection, as channels see it. */
export interface Listener {
  readonly id: string;
  /** Null: not logged in, so only public channels are open to it. */
  readonly accountId: AccountId | null;
  isConnected(): boolean;
  join(room: string): void;
  leave(room: string): void;
  send(event: string, payload: object): void;
  /** Whether much waits for the connection, so that what can be told later in fewer words should be. */
  isBehind(): boolean;
  /** Waits while too much is queued for the connection. False: it is gone, or was cut because it did not read. */
  hasRoom(): Promise<boolean>;
  /** Tells why in the event `lagged`, and then disconnects. */
  cut(why: Lagged): void;
}

export const LAGGED_REASONS = ["SLOW_CONSUMER", "UNAVAILABLE"] as const;

/** The event `lagged`: the connection is cut, and later events were not sent. */
export interface Lagged {
  readonly channel?: "orders" | "depth";
  readonly reason: (typeof LAGGED_REASONS)[number];
  readonly text: string;
}

/** Sends to the listeners in a room. Only channels let a listener into one. */
export interface Rooms {
  /** Sends one packet to all in the room, encoded once. */
  send(room: string, event: string, payload: object): void;
}
