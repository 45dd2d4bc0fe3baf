/** Answers to requests of the log: that they are in it, and, where the client waits for it, what became of them. */
import { type Static, Type } from "@sinclair/typebox";
import type { FastifyReply } from "fastify";
import type { Asset } from "../../shared/domain/assets.js";
import { isRefusal, type Refusal } from "../../shared/domain/rejects.js";
import { reportJson } from "../../shared/domain/report-json.js";
import { Problem } from "../../shared/http/problem.js";
import type { Submitted } from "../orders/orders.js";

export const WAIT = Type.Object(
  {
    wait: Type.Optional(
      Type.Unsafe<"ack" | "result">({
        type: "string",
        enum: ["ack", "result"],
        description: "ack (default): durably logged; result: settled, so that the next read shows it",
      }),
    ),
  },
  { additionalProperties: false },
);
type Wait = Static<typeof WAIT>;

export const ACCEPTED = Type.Object({
  asset: Type.String(),
  /** The place in the log; of a new order, its order id. */
  logId: Type.Integer(),
  orderId: Type.Optional(Type.Integer()),
  clientOrderId: Type.Optional(Type.String()),
  receivedAtUs: Type.Integer(),
  loggedAtUs: Type.Integer(),
  status: Type.Optional(Type.String({ description: "the order's, after the last report" })),
  reason: Type.Optional(Type.String()),
  reports: Type.Optional(Type.Array(Type.Object({}, { additionalProperties: true }))),
  text: Type.Optional(Type.String()),
});
type Accepted = Static<typeof ACCEPTED>;

const PENDING = "accepted, result pending: it is in the log and takes effect; its reports tell what became of it";

interface Told {
  readonly asset: Asset;
  /** Null: the request named its order by its client order id. */
  readonly orderId: number | "log id" | null;
  readonly clientOrderId: string | null;
}

/** 200 with the result, 202 without one; throws a Problem where the request is not in the log. */
export function accepted(reply: FastifyReply, { wait }: Wait, outcome: Submitted | Refusal, told: Told): Accepted {
  const body = acceptedBody(wait === "result", outcome, told);
  void reply.code(body.reports === undefined ? 202 : 200);
  return body;
}

/** Throws a Problem where the request is not in the log. */
export function acceptedBody(waitsForResult: boolean, outcome: Submitted | Refusal, told: Told): Accepted {
  if (isRefusal(outcome)) throw new Problem(outcome);
  const { logId, receivedAtUs, loggedAtUs, reports = null } = outcome;
  const { asset, clientOrderId } = told;
  const last = reports?.at(-1);
  const orderId = told.orderId === "log id" ? logId : (told.orderId ?? last?.orderId ?? null);
  const answer = {
    asset: asset.asset,
    logId,
    ...(orderId !== null && { orderId }),
    ...(clientOrderId !== null && { clientOrderId }),
    receivedAtUs,
    loggedAtUs,
  };
  if (reports === null) return waitsForResult ? { ...answer, text: PENDING } : answer;
  const reason = last?.reason ?? null;
  return {
    ...answer,
    ...(last !== undefined && { status: last.status }),
    ...(reason !== null && { reason }),
    reports: reports.map((report) => reportJson(report, asset)),
  };
}
