import { isRefusal, type Refusal, refuse } from "../domain/rejects.js";
import { parseFrom } from "./from-request.js";
import type { OpenOrderPlace } from "./orders-source.js";
import { shownValue } from "./subscribe-request.js";

/** What a client asks of the channel `orders`: to subscribe, or the next page of the open orders. */
export type OrdersRequest =
  | { readonly kind: "subscribe"; readonly fromSequence: number | null }
  | { readonly kind: "page"; readonly after: OpenOrderPlace };

/** Checks the fields `from` and `next`, which are whatever a client sent. */
export function parseOrdersRequest(fields: Readonly<Record<string, unknown>>): OrdersRequest | Refusal {
  const { from, next } = fields;
  if (next !== undefined) {
    if (from !== undefined) return refuse("UNSUPPORTED_COMBINATION", "give from to subscribe, or next for a page");
    const after = placeOf(next);
    return after === null
      ? refuse("MALFORMED_MESSAGE", `next ${shownValue(next)} is not one; give back what the last answer had as next`)
      : { kind: "page", after };
  }
  const parsed = parseFrom(from);
  return isRefusal(parsed) ? parsed : { kind: "subscribe", ...parsed };
}

/** The text that clients give back to get the next page. */
export function placeText({ asset, orderId }: OpenOrderPlace): string {
  return `${asset}/${orderId}`;
}

/** Null: it is none. */
export function placeOf(next: unknown): OpenOrderPlace | null {
  const found = typeof next === "string" ? /^([A-Z0-9-]{1,64})\/(\d{1,16})$/.exec(next) : null;
  const orderId = Number(found?.[2]);
  return found?.[1] === undefined || !Number.isSafeInteger(orderId) ? null : { asset: found[1], orderId };
}
