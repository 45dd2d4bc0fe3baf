/** CORS for the page, which is served at another port: its origins, and no others, may call from a browser, with cookies. */
import type { FastifyRequest } from "fastify";
import { refuse } from "../../shared/domain/rejects.js";
import { Problem } from "../../shared/http/problem.js";
import type { HttpServer } from "../../shared/http/server.js";

const METHODS = "GET, POST, PUT, PATCH, DELETE";
const HEADERS = "authorization, content-type, accept";
const PREFLIGHT_KEPT_S = "600";

export function allowPages(server: HttpServer, origins: ReadonlySet<string>): void {
  if (origins.size === 0) return;
  server.addHook("onRequest", async (request, reply) => {
    void reply.header("vary", "origin");
    const { origin } = request.headers;
    if (origin === undefined || !origins.has(origin)) return;
    void reply.headers({
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "retry-after",
    });
    if (request.method !== "OPTIONS" || request.headers["access-control-request-method"] === undefined) return;
    void reply.headers({
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": HEADERS,
      "access-control-max-age": PREFLIGHT_KEPT_S,
    });
    await reply.code(204).send();
  });
}

const FOREIGN = refuse("LOGIN_REJECTED", "this is for the exchange's own page: the request comes from another origin");

/** For routes that read or set a cookie. Programs that are no browser send no Origin, and no cookie that is not theirs. */
export function refuseForeign({ headers }: FastifyRequest, origins: ReadonlySet<string>): void {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin === undefined ? site === undefined || site === "same-origin" : origins.has(origin)) return;
  throw new Problem(FOREIGN, { status: 403 });
}
