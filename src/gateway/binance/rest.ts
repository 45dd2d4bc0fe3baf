/** The dialect over REST: paths, parameters, who asks, weights, and errors in Binance's form. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../../shared/http/problem.js";
import type { HttpOptions } from "../../shared/http/server.js";
import { type HttpServer, problemOf, textOf } from "../../shared/http/server.js";
import type { Endpoint } from "./endpoint.js";
import { BinanceError, errorOfRefusal, SIGNATURE_ERRORS } from "./errors.js";
import type { Callers } from "./identity.js";
import { Parameters } from "./parameters.js";
import { payloadOfRequest } from "./signed-payload.js";
import { Weights } from "./weights.js";

export interface RestParts extends Pick<HttpOptions, "isDatabaseAway" | "log"> {
  readonly callers: Callers;
  readonly weights: Weights;
  readonly nowMs: () => number;
}

/** Endpoints by "GET path", or by "path" for those that are only read. */
export type Endpoints = Readonly<Record<string, Endpoint>>;

/** Adds the endpoints below a path to the server. */
export function addEndpoints(server: HttpServer, below: string, endpoints: Endpoints, parts: RestParts): void {
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const [method, path] = name.includes(" ") ? (name.split(" ") as [string, string]) : ["GET", name];
    server.route({
      method: method as "GET",
      url: `${below}/${path}`,
      handler: (request, reply) => answer(endpoint, request, reply, parts),
    });
  }
}

/** Bodies are forms, whatever their type says; errors have Binance's form, also that of a path which is not there. */
export function speakBinance(server: HttpServer, parts: RestParts): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) =>
    textOf(request, body),
  );
  server.setErrorHandler((error, _request, reply) => {
    const told = errorOf(error, parts);
    if (told.status === 429) void reply.header("retry-after", String(Weights.waitS(parts.nowMs())));
    else if (told.status === 503) void reply.header("retry-after", "1");
    return reply.code(told.status).send(told.body);
  });
}

/** Whatever was thrown, as clients are told it. */
export function errorOf(error: unknown, parts: Pick<RestParts, "isDatabaseAway" | "log">): BinanceError {
  if (error instanceof BinanceError) return error;
  const problem = error instanceof Problem ? error : problemOf(error, parts);
  return errorOfRefusal(problem.refusal);
}

async function answer(endpoint: Endpoint, request: FastifyRequest, reply: FastifyReply, parts: RestParts) {
  const query = (request.raw.url ?? "").split("?")[1] ?? "";
  const body = request.rawBody;
  const { ip: address } = request;
  const given = Parameters.ofText(query, body);
  const weight = typeof endpoint.weight === "number" ? endpoint.weight : endpoint.weight(given);
  const used = parts.weights.count(address, weight, parts.nowMs());
  void reply.header("x-mbx-used-weight", String(used)).header("x-mbx-used-weight-1m", String(used));
  if (parts.weights.isTooMuch(used)) throw tooMuch();
  if (!endpoint.isSigned) return await endpoint.handle({ given, address });
  const keyId = request.headers["x-mbx-apikey"];
  if (typeof keyId !== "string" || keyId === "") throw SIGNATURE_ERRORS.format();
  const caller = await parts.callers.identify(keyId, given, payloadOfRequest(query, body), address);
  return await endpoint.handle({ given, address, caller });
}

export function tooMuch(): BinanceError {
  return new BinanceError(
    -1003,
    "Too many requests. Please try again later.",
    "the weight of a minute is used up",
    429,
  );
}
