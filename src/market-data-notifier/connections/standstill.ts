import type { Socket as TcpSocket } from "node:net";

interface Handle {
  /** Bytes that the network has not taken. */
  readonly writeQueueSize: number;
}

/** What tells of a socket how far its writes are, with fields that its type lacks. Of TLS, the handle's parent is that of TCP. */
export type Outflow = Pick<TcpSocket, "bytesWritten" | "writableLength"> & {
  readonly _handle?: (Handle & { readonly _parent?: Handle | null }) | null;
};

/** What one look can add: where this process itself stood still, nobody could have read meanwhile. */
const STEP_MAX_MS = 500;

/** How long the network has taken nothing of what waits for a connection. It takes in lumps: a write may be half taken. */
export class Standstill {
  #isWaiting = false;
  #writtenBytes = 0;
  #untakenBytes = 0;
  #lookedAtMs = 0;
  #forMs = 0;

  /** Looks at the socket of a connection for which something waits; null: nothing does. Returns the milliseconds, 0 at the first look. */
  look(nowMs: number, socket: Outflow | null): number {
    const stepMs = Math.min(nowMs - this.#lookedAtMs, STEP_MAX_MS);
    this.#lookedAtMs = nowMs;
    const writtenBytes = socket === null ? 0 : socket.bytesWritten - socket.writableLength;
    const handle = socket?._handle;
    const untakenBytes = (handle?._parent ?? handle)?.writeQueueSize ?? 0;
    const hasMoved = writtenBytes !== this.#writtenBytes || untakenBytes !== this.#untakenBytes;
    const isStill = socket !== null && this.#isWaiting && !hasMoved;
    this.#forMs = isStill ? this.#forMs + stepMs : 0;
    this.#isWaiting = socket !== null;
    this.#writtenBytes = writtenBytes;
    this.#untakenBytes = untakenBytes;
    return this.#forMs;
  }
}
