/** What a session needs of a dialect: frames to requests, responses to bytes. Pure. */

import type { Refusal } from "../shared/domain/rejects.js";
import type { EpochUs } from "../shared/domain/units.js";
import type { ClientRequest, ServerResponse } from "../shared/requests/order-entry-codec.js";
import type { Message } from "./framing.js";

export type DialectRequest =
  | ClientRequest
  /** Answered as it stands: ASSETS, TIME, HELP. */
  | { readonly kind: "ask"; readonly answer: string; readonly needsLogin: boolean }
  | { readonly kind: "quit" };

export type DialectResponse = ServerResponse | { readonly kind: "say"; readonly text: string };

/** One request, as long as its response is not sent. */
export interface Exchange {
  readonly requestId: number;
  readonly clientOrderId: string | null;
  /** What metrics call it: new, cancel, …, login, other. */
  readonly kind: string;
  /** Of requests for the log. */
  readonly asset: string | null;
  readonly receivedAtUs: EpochUs;
}

export interface Answered {
  readonly exchange: Exchange;
  readonly response: DialectResponse;
}

export interface DialectMessage {
  readonly requestId: number;
  readonly clientOrderId: string | null;
  readonly request: DialectRequest | Refusal;
}

export interface Dialect {
  /** Null for what needs no response. Throws a CodecError for what can't be decoded. */
  read(message: Message): DialectMessage | null;
  write(answered: readonly Answered[]): Buffer;
}
