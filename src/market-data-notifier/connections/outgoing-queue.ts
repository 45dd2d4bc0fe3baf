import type { Socket } from "socket.io";

/** What Engine.IO knows of a connection and its types don't tell. Checked by the tests of this folder. */
interface Connection {
  readonly writeBuffer: { readonly data?: unknown }[];
  readonly transport: {
    readonly socket?: { readonly bufferedAmount: number; terminate(): void };
  };
}

export interface QueueLimits {
  readonly queuePacketsMax: number;
  readonly queueBytesMax: number;
}

const CUT_GRACE_MS = 2_000;

function connectionOf(socket: Socket): Connection {
  return socket.conn as unknown as Connection;
}

/** Bytes that wait in this process until the client reads. Counts at most queuePacketsMax packets, so its cost is bounded. */
export function queuedBytes(socket: Socket, { queuePacketsMax }: QueueLimits): number {
  const { writeBuffer, transport } = connectionOf(socket);
  let bytes = transport.socket?.bufferedAmount ?? 0;
  const counted = Math.min(writeBuffer.length, queuePacketsMax);
  for (let i = 0; i < counted; i++) {
    const data = writeBuffer[i]?.data;
    if (typeof data === "string") bytes += data.length;
  }
  return bytes;
}

/** Why this client is too slow; null: it keeps up. */
export function lagOf(socket: Socket, limits: QueueLimits): string | null {
  const packets = connectionOf(socket).writeBuffer.length;
  if (packets > limits.queuePacketsMax) return `more than ${limits.queuePacketsMax} packets wait for you`;
  if (queuedBytes(socket, limits) > limits.queueBytesMax) return `more than ${limits.queueBytesMax} bytes wait for you`;
  return null;
}

/**
 * Says why, then disconnects. What was queued is dropped, so that the notice is the next thing the client reads and the
 * memory is free at once; a client that reads nothing at all is ended after a short grace.
 */
export function cutOff(socket: Socket, event: "lagged" | "logged_out", why: object): void {
  const connection = connectionOf(socket);
  connection.writeBuffer.length = 0;
  socket.emit(event, why);
  socket.disconnect(true);
  setTimeout(() => connection.transport.socket?.terminate(), CUT_GRACE_MS).unref();
}
