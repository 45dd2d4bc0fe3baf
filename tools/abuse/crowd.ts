/** Many TCP connections that all do the same, bounded in number, in connections a second and in bytes a second. */
import { connect, type Socket } from "node:net";
import { pausedFor } from "../../src/shared/process/waits.js";
import type { Address } from "../../test/support/trading-session.js";

export interface Behaviour {
  readonly connections: number;
  /** At once when a connection is open. */
  readonly opening: Buffer;
  /** Over and over after that; not said: nothing. */
  readonly repeated?: Buffer;
  /** Of all connections together. */
  readonly bytesPerSecond?: number;
  /** Whether answers are read. */
  readonly reads?: boolean;
}

const TICK_MS = 20;
/** Another address than the honest clients' is. */
const FROM = "127.0.0.2";
/** A connection that was closed is followed by another. */
const OPENED_PER_TICK_MAX = 40;

/** Until the signal; then everything is closed. Returns how many connections there were, and how many were closed. */
export async function crowd(address: Address, behaviour: Behaviour, stopping: AbortSignal): Promise<string> {
  const { connections, opening, repeated, bytesPerSecond = 0, reads = true } = behaviour;
  const open = new Set<Socket>();
  let [opened, closed, owedBytes] = [0, 0, 0];
  const openOne = () => {
    const socket = connect({ ...address, localAddress: FROM, noDelay: true });
    open.add(socket);
    opened++;
    socket.on("error", () => undefined); // "close" follows
    socket.once("connect", () => socket.write(opening));
    if (reads) socket.resume();
    else socket.pause();
    socket.once("close", () => {
      closed++;
      open.delete(socket);
    });
  };
  while (!stopping.aborted) {
    for (let count = 0; count < OPENED_PER_TICK_MAX && open.size < connections; count++) openOne();
    if (repeated !== undefined) {
      owedBytes = Math.min(owedBytes + (bytesPerSecond * TICK_MS) / 1_000, bytesPerSecond);
      for (const socket of open) {
        if (owedBytes < repeated.length) break;
        if (socket.connecting || socket.writableNeedDrain) continue;
        socket.write(repeated);
        owedBytes -= repeated.length;
      }
    }
    await pausedFor(TICK_MS, stopping);
  }
  for (const socket of open) socket.destroy();
  return `${opened} connections, ${closed} of them closed by the other side`;
}
