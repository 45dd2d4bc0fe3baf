/** Where an order is: /v1/orders/BTC-USD/257, or /v1/orders/BTC-USD/client:mine-1 by its client order id. */
import { Type } from "@sinclair/typebox";
import type { Asset } from "../../shared/domain/assets.js";
import { refuse } from "../../shared/domain/rejects.js";
import { type OrderId, orderId } from "../../shared/domain/units.js";
import type { Identity } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayContext } from "../context.js";
import type { Target } from "../orders/orders.js";
import { orderNamed } from "../orders/reports-store.js";

export const PLACE = Type.Object({
  asset: Type.String(),
  order: Type.String({ description: "an order id, or client: and a client order id" }),
});

const ALLOWED = "an order id, the whole number of its answer, or client: and a client order id";

/** Throws a Problem if it names no order, wherever that might be. */
export function targetOf(text: string): Target {
  const [, id, clientOrderId] = /^(?:([1-9]\d{0,15})|client:([A-Za-z0-9_-]{1,36}))$/.exec(text) ?? [];
  if (clientOrderId !== undefined) return { orderId: null, clientOrderId };
  if (id !== undefined && Number.isSafeInteger(Number(id)))
    return { orderId: orderId(Number(id)), clientOrderId: null };
  throw new Problem(refuse("INVALID_CLIENT_ORDER_ID", `the path names no order; it takes ${ALLOWED}`), {
    field: "order",
    value: text,
    allowed: ALLOWED,
  });
}

/** The same, by its order id. Throws a Problem, too, if the account has no order of that name. */
export async function orderIdOf(
  { database }: Pick<GatewayContext, "database">,
  { accountId }: Identity,
  { asset }: Asset,
  text: string,
): Promise<OrderId> {
  const target = targetOf(text);
  if (target.orderId !== null) return target.orderId;
  const found = await orderNamed(database, asset, accountId, target.clientOrderId ?? "");
  if (found !== null) return found;
  const problem = refuse("UNKNOWN_ORDER", `no order of yours in ${asset} has this client order id`);
  throw new Problem(problem, { field: "order", value: text });
}
