/** The interface of a dialect: messages of a client to requests, responses to bytes. Pure. */

import type { Refusal } from "../shared/domain/rejects.js";
import type { EpochUs } from "../shared/domain/units.js";
import type { ClientRequest, ServerResponse } from "../shared/requests/order-entry-codec.js";
import type { Message } from "./framing.js";

export type DialectRequest =
  | ClientRequest
  /** ASSETS, TIME or HELP, with its answer. */
  | { readonly kind: "ask"; readonly answer: string; readonly needsLogin: boolean }
  | { readonly kind: "quit" };

export type DialectResponse = ServerResponse | { readonly kind: "say"; readonly text: string };

/** A request whose response is not sent yet. */
export interface Exchange {
  readonly requestId: number;
  readonly clientOrderId: string | null;
  /** Its name in metrics: new, cancel, …, login, refused. */
  readonly kind: string;
  /** Null unless it is a request for the order log. */
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
  /** Null: the message (an empty line, a comment) needs no response. Throws a CodecError if it can't be decoded. */
  read(message: Message): DialectMessage | null;
  write(answered: readonly Answered[]): Buffer;
}
