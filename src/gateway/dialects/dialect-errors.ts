import type { FastifyReply, FastifyRequest } from "fastify";
import { REJECTS } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import { type HttpServer, problemOf } from "../../shared/http/server.js";
import type { GatewayContext } from "../context.js";

/** Errors of these dialects: `{ error }`, as all three have it, with our code and name beside it. */
export function answerErrors(server: HttpServer, { database, service }: GatewayContext): void {
  const options = { isDatabaseAway: () => database.whyNotReady() !== null, log: service.log };
  server.setErrorHandler((error: unknown, _request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error, options);
    const { refusal, status, retryAfterS } = problem;
    if (retryAfterS !== null) void reply.header("retry-after", String(retryAfterS));
    return reply.code(status).send({ error: refusal.text, code: REJECTS[refusal.name].code, name: refusal.name });
  });
}

/** The order is not there, or not the account's. */
export function orderNotFound(): Problem {
  return new Problem({ name: "UNKNOWN_ORDER", text: "Order not found" }, { status: 404 });
}
