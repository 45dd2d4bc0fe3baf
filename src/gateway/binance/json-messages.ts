/** What the dialect's connections are told: JSON objects, each with an id and a method. */
import type { PlainSocket, SocketHandler } from "../sockets/plain-socket.js";

export interface JsonHandler {
  receive(message: Readonly<Record<string, unknown>>): void;
  closed(): void;
}

const INVALID = { error: { code: 3, msg: "Invalid JSON: expected an object with id and method" } };

/** Passes messages on; anything else is answered here. */
export function jsonMessages(socket: PlainSocket, handler: JsonHandler): SocketHandler {
  return {
    receive: (text) => {
      const message = text === null ? null : objectIn(text);
      if (message === null) socket.send(INVALID);
      else handler.receive(message);
    },
    closed: () => handler.closed(),
  };
}

function objectIn(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null && !Array.isArray(message)
      ? (message as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
