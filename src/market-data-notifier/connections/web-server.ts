import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { listenOn, type PublicAddress } from "../../shared/process/shared-socket.js";
import type { TlsIdentity } from "../../shared/process/tls.js";
import { beforeDeadline } from "../../shared/process/waits.js";
import type { RequestHandler } from "./page.js";

export type WebServer = HttpServer | HttpsServer;

/** How long a TLS handshake, and a request's headers, may take; a whole request may take twice as long. */
const HEADERS_TIMEOUT_MS = 5_000;
const LATE_CHECK_MS = 1_000;
const LISTEN_TIMEOUT_MS = 5_000;
/** Limit of the connections that the kernel has accepted and this process has not. */
const BACKLOG = 4_096;

/** The HTTP server below Socket.IO; `answer` gets every other request. */
export function webServer(
  { tls, idleMax }: { readonly tls: TlsIdentity | null; readonly idleMax: number },
  answer: RequestHandler,
): WebServer {
  const timeouts = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: 2 * HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: LATE_CHECK_MS,
  };
  const http =
    tls === null
      ? createServer(timeouts, answer)
      : createTlsServer({ ...tls, ...timeouts, handshakeTimeout: HEADERS_TIMEOUT_MS }, answer);
  boundIdle(http, idleMax);
  return http;
}

/** Resolves when the server accepts connections. */
export function listen(http: WebServer, address: PublicAddress): Promise<void> {
  const { host, port } = address;
  const opened = listenOn(http, address, BACKLOG).catch((cause: unknown) => {
    throw new Error(`${host}:${port} can't be opened; set NOTIFIER_PORT to a free port`, { cause });
  });
  return beforeDeadline(opened, LISTEN_TIMEOUT_MS, `${host}:${port} did not open`);
}

/**
 * Ends the oldest TCP connections without a request when there are more than `idleMax`: an honest client sends its request at
 * once. A websocket is not idle, nor is a poll that waits for its answer.
 */
function boundIdle(http: WebServer, idleMax: number): void {
  const idle = new Map<string, Socket>();
  const isIdle = (socket: Socket) => {
    idle.set(nameOf(socket), socket);
    if (idle.size <= idleMax) return;
    const [oldest] = idle;
    oldest?.[1].destroy();
    idle.delete(oldest?.[0] ?? "");
  };
  http.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    isIdle(socket);
    socket.once("close", () => idle.delete(name));
  });
  http.on("upgrade", ({ socket }: IncomingMessage) => idle.delete(nameOf(socket)));
  http.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(nameOf(socket));
    response.once("finish", () => {
      if (!socket.destroyed) isIdle(socket);
    });
  });
}

/** A socket's name, the same for a TLS connection and for the TCP connection below it. */
function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
