/** `/v1/ws`: connections with their sessions, in JSON or MessagePack, and their end when the gateway stops. */
import type { WebSocket } from "ws";
import { wantsMsgpack } from "../../shared/http/media-types.js";
import { lookEvery } from "../../shared/process/looks.js";
import type { GatewayPlugin } from "../context.js";
import { Connection } from "./connection.js";
import { Session } from "./session.js";

const PATH = "/v1/ws";
const LOOK_EVERY_MS = 500;
const PROTOCOL_ERROR = 1003;

export const sockets: GatewayPlugin = (server, context) => {
  const { config, market, upgrades } = context;
  const sessions = new Map<Connection, Session>();
  let stopLooking: (() => void) | null = null;

  const welcome = (socket: WebSocket, address: string, acceptsMsgpack: boolean) => {
    const isPacked = acceptsMsgpack || socket.protocol === "msgpack";
    const connection = new Connection(socket, market.audience, config.sockets, isPacked);
    const ports = { pause: () => socket.pause(), resume: () => socket.resume(), terminate: () => socket.terminate() };
    const session = new Session(context, connection, ports, address);
    sessions.set(connection, session);
    market.audience.watch(connection);
    stopLooking ??= lookEvery(LOOK_EVERY_MS, () => {
      for (const one of sessions.values()) one.look(context.clock.nowEpochMs());
    });
    socket.on("message", (data, isBinary) => {
      if (!isBinary) session.receive(data.toString());
      else if (isPacked) session.receive(data as Buffer);
      else socket.close(PROTOCOL_ERROR, "requests are text: JSON; for MessagePack ask for the subprotocol msgpack");
    });
    socket.on("error", () => socket.terminate()); // a frame too large, say: ws has closed it and said why
    socket.on("close", () => {
      session.end();
      market.subscriptions.forget(connection);
      market.audience.forget(connection);
      connection.leaveAll();
      sessions.delete(connection);
      if (sessions.size > 0) return;
      stopLooking?.();
      stopLooking = null;
    });
  };

  upgrades.take((path, _query, headers) => {
    if (path !== PATH) return null;
    const acceptsMsgpack = wantsMsgpack({ headers });
    return (socket, address) => welcome(socket, address, acceptsMsgpack);
  });
  server.addHook("preClose", async () => {
    for (const connection of sessions.keys()) connection.goAway();
  });
};
