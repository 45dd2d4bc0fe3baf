import { type Static, Type } from "@sinclair/typebox";
import type { Asset } from "../../shared/domain/assets.js";
import { isRefusal, REJECTS } from "../../shared/domain/rejects.js";
import { type Identity, identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import { TIMER_SECONDS_MAX } from "../../shared/requests/order-entry-codec.js";
import { composeCancel } from "../../shared/requests/order-rules.js";
import type { GatewayContext, GatewayPlugin } from "../context.js";
import { assetNamed } from "../orders/order-body.js";
import { ACCEPTED, accepted, WAIT } from "./accepted.js";
import { PLACE, targetOf } from "./order-place.js";

export const ALL = Type.Object(
  {
    asset: Type.Optional(Type.String({ description: "without one: of every asset" })),
    side: Type.Optional(Type.Unsafe<"buy" | "sell">({ type: "string", enum: ["buy", "sell"] })),
  },
  { additionalProperties: false },
);
const OF_ONE = Type.Object({
  asset: Type.String(),
  logId: Type.Optional(Type.Integer()),
  code: Type.Optional(Type.Integer()),
  name: Type.Optional(Type.String()),
  text: Type.Optional(Type.String()),
});
const OF_ALL = Type.Object({ assets: Type.Array(OF_ONE) });

export const SECONDS = Type.Object(
  { seconds: Type.Integer({ minimum: 0, maximum: TIMER_SECONDS_MAX, description: "0: off" }) },
  { additionalProperties: false },
);

/** Cancels one order or all, and sets the dead man's switch. */
export const cancels: GatewayPlugin = (server, { registry, orders, identification }) => {
  const preValidation = identification.requires("trade", "operator");

  const one = {
    summary: "Cancel an order",
    params: PLACE,
    querystring: WAIT,
    response: { 200: ACCEPTED, 202: ACCEPTED },
  };
  server.delete("/v1/orders/:asset/:order", { preValidation, schema: one }, async (request, reply) => {
    const { params, query } = request;
    const asset = assetNamed(registry, params.asset);
    const { target, cancel } = cancelOf(params.order);
    const outcome = await orders.submit(identityOf(request), asset, cancel, query.wait === "result" ? target : null);
    return accepted(reply, query, outcome, { asset, ...target });
  });

  const all = { summary: "Cancel all orders", querystring: ALL, response: { 202: OF_ALL } };
  server.delete("/v1/orders", { preValidation, schema: all }, async (request, reply) => {
    const answer = await cancelAll({ registry, orders }, identityOf(request), request.query);
    void reply.code(202);
    return answer;
  });

  const timer = {
    summary: "Cancel all orders unless this is renewed in time",
    body: SECONDS,
    response: { 200: SECONDS },
  };
  server.put("/v1/timer", { preValidation, schema: timer }, async (request) => {
    const { seconds } = request.body;
    const refusal = await orders.setTimer(identityOf(request), seconds);
    if (refusal !== null) throw new Problem(refusal);
    return { seconds };
  });
};

/** Throws a Problem if the text names no order. */
export function cancelOf(text: string) {
  const target = targetOf(text);
  const cancel = composeCancel(target.orderId, target.clientOrderId);
  if (isRefusal(cancel)) throw new Problem(cancel, { field: "order", value: text });
  return { target, cancel };
}

/** Of one asset or of every one; throws a Problem if the only one is refused. */
export async function cancelAll(
  { registry, orders }: Pick<GatewayContext, "registry" | "orders">,
  identity: Identity,
  { asset, side }: Static<typeof ALL>,
): Promise<Static<typeof OF_ALL>> {
  const concerned = asset === undefined ? [...registry.assets.values()] : [assetNamed(registry, asset)];
  const cancelIn = async (one: Asset): Promise<Static<typeof OF_ONE>> => {
    const outcome = await orders.submit(identity, one, { kind: "cancel_all", side: side ?? null }, null);
    if (!isRefusal(outcome)) return { asset: one.asset, logId: outcome.logId };
    if (concerned.length === 1) throw new Problem(outcome);
    return { asset: one.asset, code: REJECTS[outcome.name].code, ...outcome };
  };
  return { assets: await Promise.all(concerned.map(cancelIn)) };
}
