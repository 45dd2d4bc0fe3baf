import type { IncomingMessage } from "node:http";
import type { Socket } from "socket.io";

interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** What Engine.IO and ws know of a connection and their types don't tell. Checked by the tests of this folder. */
export interface Connection {
  readonly remoteAddress: string;
  /** The one that opened it. */
  readonly request: IncomingMessage;
  readonly writeBuffer: Packet[];
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    readonly socket?: {
      readonly bufferedAmount: number;
      readonly _socket?: { end(): void } | null;
      _closeTimeout: number;
      terminate(): void;
    };
  };
  pingTimeoutTimer: NodeJS.Timeout | null;
  resetPingTimeout: () => void;
  close(discard: boolean): void;
  on(event: "packetCreate", listener: (packet: Packet) => void): void;
  on(event: "heartbeat" | "close", listener: () => void): void;
}

export interface QueueLimits {
  readonly queuePacketsMax: number;
  readonly queueBytesMax: number;
}

/** A client that does not answer a ping for so long has that much to read first. Below Engine.IO's own limit of 20 s. */
const PONG_MAX_MS = 15_000;
const POLL_MAX_MS = 10_000;

/** What waits in this process until one client reads it, and whether the client reads at all. */
export class OutgoingQueue {
  readonly #connection: Connection;
  readonly #limits: QueueLimits;
  #pingedAtMs: number | null = null;
  #polledAtMs = performance.now();

  constructor(socket: Socket, limits: QueueLimits) {
    this.#connection = socket.conn as unknown as Connection;
    this.#limits = limits;
    this.#connection.on("packetCreate", ({ type }) => {
      if (type === "ping") this.#pingedAtMs ??= performance.now();
    });
    this.#connection.on("heartbeat", () => {
      this.#pingedAtMs = null;
    });
  }

  /** Counts at most queuePacketsMax packets, so its cost is bounded. */
  get bytes(): number {
    const { writeBuffer, transport } = this.#connection;
    let bytes = transport.socket?.bufferedAmount ?? 0;
    const counted = Math.min(writeBuffer.length, this.#limits.queuePacketsMax);
    for (let i = 0; i < counted; i++) {
      const data = writeBuffer[i]?.data;
      if (typeof data === "string") bytes += data.length;
    }
    return bytes;
  }

  /** Why this client is too slow; null: it keeps up. */
  lag(nowMs: number): string | null {
    const { queuePacketsMax, queueBytesMax } = this.#limits;
    const { writeBuffer, transport } = this.#connection;
    if (transport.name !== "polling" || transport.writable) this.#polledAtMs = nowMs;
    if (writeBuffer.length > queuePacketsMax) return `more than ${queuePacketsMax} packets wait for you`;
    if (this.bytes > queueBytesMax) return `more than ${queueBytesMax} bytes wait for you`;
    if (nowMs - this.#polledAtMs > POLL_MAX_MS) return `you have not polled for ${POLL_MAX_MS / 1_000} s`;
    if (this.#pingedAtMs !== null && nowMs - this.#pingedAtMs > PONG_MAX_MS)
      return `you have not answered a ping for ${PONG_MAX_MS / 1_000} s`;
    return null;
  }

  /** Drops what was not handed to the network yet, so that what is sent next is read as soon as possible. */
  drop(): void {
    this.#connection.writeBuffer.length = 0;
  }

  /** Whoever is too slow to answer a ping, or the end of the connection, in time is given so long. */
  bePatient(timeoutMs: number): void {
    const { transport, pingTimeoutTimer } = this.#connection;
    this.#connection.resetPingTimeout = () => undefined;
    clearTimeout(pingTimeoutTimer ?? undefined);
    this.#connection.pingTimeoutTimer = null;
    if (transport.socket !== undefined) transport.socket._closeTimeout = timeoutMs;
  }

  /** Nothing follows any more: the TCP connection ends behind what was sent, also for clients that don't answer its end. */
  end(): void {
    this.#connection.transport.socket?._socket?.end();
  }

  /** Ends the connection with all that it was not sent. */
  discard(): void {
    discard(this.#connection);
  }
}

/** Ends a connection at once, without waiting for a client that does not answer its end. */
export function discard(connection: Pick<Connection, "transport" | "close">): void {
  connection.transport.socket?.terminate();
  connection.close(true);
}
