/** The dialect's WebSocket addresses: `/binance/ws…`, `/binance/stream…` and `/binance/ws-api/v3`. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { MarketStreams } from "./market-streams.js";
import { Socket } from "./socket.js";
import { StreamConnection } from "./stream-connection.js";
import { WsApiConnection, type WsApiParts } from "./ws-api.js";

export interface WebSocketParts extends WsApiParts {
  readonly streams: MarketStreams;
  readonly addressOf: (request: IncomingMessage) => string;
}

const MESSAGE_BYTES_MAX = 16 * 1024;
const CONNECTIONS_MAX = 10_000;

/** Takes upgrades of this dialect's addresses from the server; those of others it leaves alone. Returns what closes all. */
export function acceptWebSockets(server: Server, parts: WebSocketParts): () => Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const connect = connectionOf(request, parts);
    const isOurs = request.url?.startsWith("/binance/") === true;
    // What nobody takes would stay open.
    if (connect === null) {
      if (isOurs || server.listenerCount("upgrade") === 1) refuse(socket, "404 Not Found");
      return;
    }
    if (sockets.clients.size >= CONNECTIONS_MAX) return refuse(socket, "503 Service Unavailable");
    sockets.handleUpgrade(request, socket, head, connect);
  };
  server.on("upgrade", upgrade);
  return async () => {
    server.off("upgrade", upgrade);
    for (const client of sockets.clients) client.close(1001, "this gateway is stopping; connect again");
    for (const client of sockets.clients) client.terminate();
    sockets.close();
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

/** Null: the address is none of ours. */
function connectionOf(request: IncomingMessage, parts: WebSocketParts): ((socket: WebSocket) => void) | null {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://gateway");
  const streams = (names: string, isCombined: boolean) => (socket: WebSocket) => {
    const listed = names.split("/").filter((name) => name !== "");
    new Socket(socket, (own) => new StreamConnection(own, parts.streams, listed, isCombined));
  };
  const [, below, rest = ""] = /^\/binance\/(ws-api\/v3|ws|stream)(\/.*)?$/.exec(pathname) ?? [];
  if (below === "ws") return streams(rest, false);
  if (below === "stream") return streams(searchParams.get("streams") ?? "", true);
  if (below === undefined || rest !== "") return null;
  return (socket) => new Socket(socket, (own) => new WsApiConnection(own, parts, parts.addressOf(request)));
}
