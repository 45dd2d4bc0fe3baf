import { Type } from "@sinclair/typebox";
import { identityOf } from "../../shared/http/identification.js";
import { Problem } from "../../shared/http/problem.js";
import type { GatewayPlugin } from "../context.js";
import { assetNamed, NEW_ORDER, newOrderOf, REPLACE, replaceOf } from "../orders/order-body.js";
import { ACCEPTED, accepted, WAIT } from "./accepted.js";
import { orderIdOf, PLACE } from "./order-place.js";

const VALIDATE = Type.Unsafe<"0" | "1">({
  type: "string",
  enum: ["0", "1"],
  description: "1: every check of the door, nothing is logged",
});
const NEW_QUERY = Type.Object(
  { ...WAIT.properties, validate: Type.Optional(VALIDATE) },
  { additionalProperties: false },
);
const VALID = Type.Object({ valid: Type.Boolean(), asset: Type.String() });

/** Places and replaces orders. */
export const orders: GatewayPlugin = (server, context) => {
  const { registry, orders, identification, rules } = context;
  const preValidation = identification.requires("trade", "operator");

  const placed = { 200: Type.Union([ACCEPTED, VALID]), 202: ACCEPTED };
  const placing = { summary: "Place an order", body: NEW_ORDER, querystring: NEW_QUERY, response: placed };
  server.post("/v1/orders", { preValidation, schema: placing }, async (request, reply) => {
    const { body, query } = request;
    const identity = identityOf(request);
    const asset = assetNamed(registry, body.asset);
    const order = newOrderOf(asset, body, rules, identity.derivedClientOrderId);
    if (query.validate === "1") {
      const refusal = orders.refusalOf(identity, asset, order);
      if (refusal !== null) throw new Problem(refusal);
      return { valid: true, asset: asset.asset };
    }
    const outcome = await orders.submit(identity, asset, order, query.wait === "result" ? "new order" : null);
    return accepted(reply, query, outcome, { asset, orderId: "log id", clientOrderId: order.clientOrderId });
  });

  const replaced = { 200: ACCEPTED, 202: ACCEPTED };
  const replacing = {
    summary: "Replace an order's quantity and price",
    params: PLACE,
    body: REPLACE,
    querystring: WAIT,
  };
  const schema = { ...replacing, response: replaced };
  server.patch("/v1/orders/:asset/:order", { preValidation, schema }, async (request, reply) => {
    const { body, query, params } = request;
    const identity = identityOf(request);
    const asset = assetNamed(registry, params.asset);
    const orderId = await orderIdOf(context, identity, asset, params.order);
    const replace = replaceOf(asset, orderId, body, rules);
    const target = { orderId, clientOrderId: null };
    const outcome = await orders.submit(identity, asset, replace, query.wait === "result" ? target : null);
    return accepted(reply, query, outcome, { asset, orderId, clientOrderId: replace.clientOrderId });
  });
};
