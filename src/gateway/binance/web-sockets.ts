/** The dialect's WebSocket addresses: `/binance/ws…`, `/binance/stream…` and `/binance/ws-api/v3`. */
import type { WebSocket } from "ws";
import { PlainSocket } from "../sockets/plain-socket.js";
import type { Opener, Upgrades } from "../sockets/upgrades.js";
import { type JsonHandler, jsonMessages } from "./json-messages.js";
import type { MarketStreams } from "./market-streams.js";
import { StreamConnection } from "./stream-connection.js";
import { WsApiConnection, type WsApiParts } from "./ws-api.js";

export interface WebSocketParts extends WsApiParts {
  readonly streams: MarketStreams;
}

/** Takes upgrades of this dialect's addresses. Returns what ends all of its connections. */
export function acceptWebSockets(upgrades: Upgrades, parts: WebSocketParts): () => void {
  const sockets = new Set<PlainSocket>();
  const speak = (socket: WebSocket, handlerOf: (own: PlainSocket) => JsonHandler) => {
    const own = new PlainSocket(socket, (opened) => jsonMessages(opened, handlerOf(opened)));
    sockets.add(own);
    socket.on("close", () => sockets.delete(own));
  };
  const streams =
    (names: string, isCombined: boolean): Opener =>
    (socket) => {
      const listed = names.split("/").filter((name) => name !== "");
      speak(socket, (own) => new StreamConnection(own, parts.streams, listed, isCombined));
    };
  upgrades.take((path, query) => {
    const [, below, rest = ""] = /^\/binance\/(ws-api\/v3|ws|stream)(\/.*)?$/.exec(path) ?? [];
    if (below === "ws") return streams(rest, false);
    if (below === "stream") return streams(query.get("streams") ?? "", true);
    if (below === undefined || rest !== "") return null;
    return (socket, address) => speak(socket, (own) => new WsApiConnection(own, parts, address));
  });
  return () => {
    for (const socket of sockets) socket.goAway();
  };
}
