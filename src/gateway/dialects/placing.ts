import type { Asset } from "../../shared/domain/assets.js";
import type { RequestBody } from "../../shared/domain/messages.js";
import { isRefusal, refuse } from "../../shared/domain/rejects.js";
import type { Identity } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { composeCancel } from "../../shared/requests/order-rules.js";
import type { GatewayContext } from "../context.js";
import { type NewOrderBody, newOrderOf } from "../orders/order-body.js";
import type { Submitted } from "../orders/orders.js";
import type { NamedOrder } from "./order-uuid.js";

type Desk = Pick<GatewayContext, "orders" | "rules">;

/** Places an order and waits until it is settled. Throws a Problem if it is refused, at the door or later. */
export async function place(
  { orders, rules }: Desk,
  identity: Identity,
  asset: Asset,
  body: NewOrderBody,
): Promise<Submitted> {
  const outcome = await orders.submit(identity, asset, newOrderOf(asset, body, rules, null), "new order");
  if (isRefusal(outcome)) throw new Problem(outcome);
  return unlessRejected(outcome);
}

/** Cancels an order and waits until that is settled. Throws a Problem if it can't be cancelled. */
export async function cancel(
  { orders }: Desk,
  identity: Identity,
  asset: Asset,
  order: NamedOrder,
): Promise<Submitted> {
  const body = composeCancel(order.orderId, null);
  if (isRefusal(body)) throw new Problem(body);
  return unlessRejected(await submit(orders, identity, asset, body, order));
}

export async function submit(
  orders: Desk["orders"],
  identity: Identity,
  asset: Asset,
  body: RequestBody,
  order: NamedOrder | null,
): Promise<Submitted> {
  const about = { orderId: order?.orderId ?? null, clientOrderId: null };
  const outcome = await orders.submit(identity, asset, body, about);
  if (isRefusal(outcome)) throw new Problem(outcome);
  return outcome;
}

/** What was logged and is to be shown with its answer; null: it can't be read now, which makes the order no less placed. */
export async function shown<T>({ service }: Pick<GatewayContext, "service">, read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (err) {
    service.log.warn({ err }, "an order that was placed can't be read for its answer");
    return null;
  }
}

export function unlessRejected(outcome: Submitted): Submitted {
  const rejected = outcome.reports?.find(({ event }) => event.endsWith("rejected"));
  if (rejected === undefined) return outcome;
  throw new Problem(refuse("UNSUPPORTED_COMBINATION", reasonText(rejected.reason)), { status: 400 });
}

/** "insufficient_funds: 5 USD" as a sentence's words. */
function reasonText(reason: string | null): string {
  return `rejected: ${(reason ?? "without a reason").replaceAll("_", " ")}`;
}
