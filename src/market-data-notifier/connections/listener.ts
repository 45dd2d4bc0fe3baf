import type { Refusal, RejectName } from "../../shared/domain/rejects.js";
import type { AccountId } from "../../shared/domain/units.js";

/** What `subscribe` and `unsubscribe` are answered with. */
export type Answer =
  | { readonly ok: true; readonly [field: string]: unknown }
  | { readonly ok: false; readonly code: RejectName; readonly text: string };

export function refused({ name, text }: Refusal): Answer {
  return { ok: false, code: name, text };
}

/** One connection, as the channels see it. */
export interface Listener {
  readonly id: string;
  /** Null: nobody logged in; public channels only. */
  readonly accountId: AccountId | null;
  isConnected(): boolean;
  join(room: string): void;
  leave(room: string): void;
  send(event: string, payload: object): void;
  /** Waits while too much is queued for it. False: it is gone, or was cut because it did not read. */
  hasRoom(): Promise<boolean>;
  /** Says why in a `lagged` event, then disconnects. */
  cut(why: Lagged): void;
}

/** The event `lagged`: reports were not sent that should have been. */
export interface Lagged {
  readonly channel?: "orders";
  readonly reason: "SLOW_CONSUMER" | "UNAVAILABLE";
  readonly text: string;
}

/** Everybody who listens to a room. Only the channels let somebody into one. */
export interface Rooms {
  /** Sends one packet, encoded once. */
  send(room: string, event: string, payload: object): void;
}
