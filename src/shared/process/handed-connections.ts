/** How a process gets its connections from the launcher, where several share one port: over the channel between them. */
import type { Server, Socket } from "node:net";

export const CONNECTION = "connection";
export const TAKES_CONNECTIONS = "takes connections";

/** From now on the server serves connections that the launcher hands over; it tells the launcher so. */
export function takeConnections(server: Server): void {
  process.on("message", (message, connection) => {
    if (message !== CONNECTION || connection === undefined) return; // it may have ended on the way
    server.emit("connection", connection);
    (connection as Socket).resume();
  });
  server.emit("listening"); // what an HTTP server does then: it begins to look for requests that are late
  process.send?.(TAKES_CONNECTIONS);
}
