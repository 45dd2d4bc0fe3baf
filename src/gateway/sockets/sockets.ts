/** `/v1/ws`: upgrades, the places of connections, and their end when the gateway stops. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { networkOf } from "../../shared/access/wrong-logins.js";
import { clientAddress } from "../../shared/process/client-address.js";
import { lookEvery } from "../../shared/process/looks.js";
import type { GatewayPlugin } from "../context.js";
import { Connection } from "./connection.js";
import { Session } from "./session.js";

const PATH = "/v1/ws";
const LOOK_EVERY_MS = 500;
const PROTOCOL_ERROR = 1003;

export const sockets: GatewayPlugin = (server, context) => {
  const { config, market } = context;
  const { frameBytesMax, connectionsMax, connectionsPerAddressMax, ...limits } = config.sockets;
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: frameBytesMax, perMessageDeflate: false });
  const sessions = new Map<Connection, Session>();
  const ofNetwork = new Map<string, number>();
  let stopLooking: (() => void) | null = null;

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = ""] = (request.url ?? "").split("?");
    if (path !== PATH) {
      // What nobody takes would stay open.
      if (path.startsWith("/v1/") || server.server.listenerCount("upgrade") === 1) refuse(socket, "404 Not Found");
      return;
    }
    const address = clientAddress(request.socket.remoteAddress ?? "", request.headers, config.proxies);
    if (context.orderEntry.isClosed || sessions.size >= connectionsMax) refuse(socket, "503 Service Unavailable");
    else if ((ofNetwork.get(networkOf(address)) ?? 0) >= connectionsPerAddressMax)
      refuse(socket, "429 Too Many Requests");
    else webSockets.handleUpgrade(request, socket, head, (opened) => welcome(opened, address));
  };

  const welcome = (socket: WebSocket, address: string) => {
    const connection = new Connection(socket, market.audience, limits);
    const ports = { pause: () => socket.pause(), resume: () => socket.resume(), terminate: () => socket.terminate() };
    const session = new Session(context, connection, ports, address);
    const network = networkOf(address);
    sessions.set(connection, session);
    ofNetwork.set(network, (ofNetwork.get(network) ?? 0) + 1);
    market.audience.watch(connection);
    stopLooking ??= lookEvery(LOOK_EVERY_MS, () => {
      for (const one of sessions.values()) one.look(context.clock.nowEpochMs());
    });
    socket.on("message", (data, isBinary) => {
      if (isBinary) socket.close(PROTOCOL_ERROR, "requests are text: JSON");
      else session.receive(data.toString());
    });
    socket.on("error", () => socket.terminate()); // a frame too large, say: ws has closed it and said why
    socket.on("close", () => {
      session.end();
      market.subscriptions.forget(connection);
      market.audience.forget(connection);
      connection.leaveAll();
      sessions.delete(connection);
      const others = (ofNetwork.get(network) ?? 1) - 1;
      if (others === 0) ofNetwork.delete(network);
      else ofNetwork.set(network, others);
      if (sessions.size > 0) return;
      stopLooking?.();
      stopLooking = null;
    });
  };

  server.server.on("upgrade", upgrade);
  server.addHook("preClose", async () => {
    server.server.off("upgrade", upgrade);
    for (const connection of sessions.keys()) connection.goAway();
    webSockets.close();
  });
};

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
