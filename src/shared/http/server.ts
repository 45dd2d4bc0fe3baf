/** The HTTP server: its limits, how bodies are read, and that every answer, also to nonsense, is in one form. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { AssetNotKnownYet, DeadlineExceeded } from "../domain/errors.js";
import { refuse } from "../domain/rejects.js";
import type { Logger } from "../process/log.js";
import type { TlsIdentity } from "../process/tls.js";
import { isTrusted, type TrustedProxies } from "../process/trusted-proxies.js";
import { addMediaTypes, answerAsAsked } from "./media-types.js";
import { Problem, problemBody } from "./problem.js";
import { parseStrictJson } from "./strict-json.js";
import { type SchemaTypes, validators } from "./validation.js";

export interface HttpLimits {
  readonly bodyBytesMax: number;
  readonly headerBytesMax: number;
  /** How long a request's headers may take, and how long the whole of it. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a connection may be idle between two requests. */
  readonly idleTimeoutMs: number;
}

export interface HttpOptions {
  readonly limits: HttpLimits;
  readonly tls: TlsIdentity | null;
  readonly proxies: TrustedProxies;
  /** Whether Postgres counts as away. */
  readonly isDatabaseAway: () => boolean;
  readonly log: Logger;
}

/** What plugins add their routes to. */
export type HttpServer = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, SchemaTypes>;

const LATE_CHECK_MS = 500;

export function httpServer(options: HttpOptions): HttpServer {
  const { limits, tls, proxies } = options;
  const http = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    connectionsCheckingInterval: LATE_CHECK_MS,
  };
  const server = fastify({
    ...(tls === null ? { http } : { https: { ...http, ...tls, handshakeTimeout: limits.headersTimeoutMs } }),
    logger: false,
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: "idle",
    trustProxy: (address: string) => isTrusted(proxies, address),
    routerOptions: { ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: 100 },
    clientErrorHandler: answerBrokenHttp,
    frameworkErrors: (error, _request, reply) =>
      void (reply as FastifyReply).code(400).send(problemBody(malformed(error.message))),
  }) as unknown as HttpServer;
  server.decorateRequest("identity", null);
  server.decorateRequest("rawBody", "");
  server.setValidatorCompiler(validators());
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => parseStrictJson(textOf(request, body)),
  );
  addMediaTypes(server as unknown as FastifyInstance);
  server.setNotFoundHandler((request) => {
    throw new Problem(refuse("UNKNOWN_COMMAND", `there is no ${request.method} ${request.url.slice(0, 100)}`));
  });
  server.setErrorHandler((error, request, reply) => {
    answerAsAsked(request, reply as unknown as FastifyReply);
    const problem = problemOf(error, options);
    const { status, retryAfterS } = problem;
    if (retryAfterS !== null) void reply.header("retry-after", String(retryAfterS));
    return reply.code(status).send(problemBody(problem));
  });
  return server;
}

/** A body's text, which is kept for signatures, too. Throws a Problem unless it is UTF-8 that nobody has packed. */
export function textOf(request: FastifyRequest, body: Buffer): string {
  const { "content-encoding": encoding = "identity", "content-type": type = "" } = request.headers;
  const charset = /;\s*charset="?([\w-]+)/i.exec(type)?.[1] ?? "utf-8";
  if (encoding !== "identity" || !/^(utf-?8|us-ascii)$/i.test(charset))
    throw malformed("the body must be plain UTF-8, neither compressed nor in another character set", 415);
  try {
    request.rawBody = new TextDecoder("utf-8", { fatal: true }).decode(body);
    return request.rawBody;
  } catch {
    throw malformed("the body is not UTF-8");
  }
}

/** What a client is told about an error of any kind. Errors of ours are logged, and tell a client nothing. */
export function problemOf(
  error: unknown,
  { isDatabaseAway, log }: Pick<HttpOptions, "isDatabaseAway" | "log">,
): Problem {
  if (error instanceof Problem) return error;
  const { statusCode = 500, message, code } = error as { statusCode?: number; message: string; code?: string };
  if (statusCode >= 400 && statusCode < 500)
    return malformed(
      code === "FST_ERR_CTP_INVALID_MEDIA_TYPE" ? "the body must be application/json or application/msgpack" : message,
      statusCode,
    );
  const isAway = error instanceof DeadlineExceeded || isDatabaseAway();
  const isNew = error instanceof AssetNotKnownYet;
  log[isAway || isNew ? "warn" : "error"]({ err: error }, "a request could not be answered");
  if (isNew)
    return new Problem(refuse("UNAVAILABLE", "an asset in the answer was just created; ask again in a second"));
  if (isAway) return new Problem(refuse("UNAVAILABLE", "the database does not answer at the moment; ask again"));
  return new Problem(refuse("UNAVAILABLE", "an error on our side; it was written down"), { status: 500 });
}

function malformed(text: string, status = 400): Problem {
  return new Problem(refuse("MALFORMED_MESSAGE", text), { status });
}

/** What is no HTTP, or too much of it, is answered on the bare socket, which then closes. */
function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, text] = BROKEN[error.code ?? ""] ?? ["400 Bad Request", "this is not HTTP as it must be"];
  const body = JSON.stringify(problemBody(malformed(text)));
  const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy());
}

const BROKEN: Readonly<Record<string, readonly [string, string]>> = {
  HPE_HEADER_OVERFLOW: ["431 Request Header Fields Too Large", "the headers are too long"],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "the request took too long to come"],
};
