import type { IncomingMessage } from "node:http";
import type { Socket as TcpSocket } from "node:net";
import type { Socket } from "socket.io";
import type { Member, Written } from "./fan-out.js";
import type { Packet, Packets } from "./packet.js";
import { type Outflow, Standstill } from "./standstill.js";

interface EnginePacket {
  readonly type: string;
  readonly data?: unknown;
}

/** Fields of Engine.IO's and ws's connections that their types lack. The tests of this folder check that they are there. */
export interface Connection {
  readonly remoteAddress: string;
  /** The request that opened the connection. */
  readonly request: IncomingMessage;
  readonly readyState: string;
  readonly writeBuffer: EnginePacket[];
  readonly transport: {
    readonly name: string;
    readonly writable: boolean;
    readonly socket?: {
      readonly bufferedAmount: number;
      readonly readyState: number;
      readonly _socket?: (Pick<TcpSocket, "end" | "write" | "writable"> & Outflow) | null;
      _closeTimeout: number;
      terminate(): void;
    };
  };
  pingTimeoutTimer: NodeJS.Timeout | null;
  resetPingTimeout: () => void;
  write(text: string, options: Packet["options"]): void;
  close(discard: boolean): void;
  on(event: "packetCreate", listener: (packet: EnginePacket) => void): void;
  on(event: "heartbeat" | "close", listener: () => void): void;
}

export interface QueueLimits {
  readonly queuePacketsMax: number;
  readonly queueBytesMax: number;
  /** How long the network may take nothing of what waits. */
  readonly standstillMaxMs: number;
  /** The same for a client that is told why it is cut, or is sent what it asked for. */
  readonly partingTimeoutMs: number;
}

/** After so long without an answer to a ping, a client counts as too slow. Below Engine.IO's own limit of 20 s. */
const PONG_MAX_MS = 15_000;
const POLL_MAX_MS = 10_000;
/** Of ws. */
const OPEN = 1;

/** The packets that wait in this process for one client, and whether the client reads at all. */
export class OutgoingQueue implements Member {
  unwritten: Packets | null = null;
  readonly #connection: Connection;
  readonly #limits: QueueLimits;
  readonly #standstill = new Standstill();
  #pingedAtMs: number | null = null;
  #polledAtMs = performance.now();
  #hasTime = false;

  /** `onWritten` gets what is written past Engine.IO without `writeAll` having been called from outside. */
  constructor(socket: Socket, limits: QueueLimits, onWritten: (written: Written) => void) {
    this.#connection = socket.conn as unknown as Connection;
    this.#limits = limits;
    this.#connection.on("packetCreate", ({ type }) => {
      const packets = this.unwritten?.count ?? 0;
      const bytes = this.writeAll(); // they were sent before this one
      if (bytes > 0) onWritten({ packets, bytes });
      if (type === "ping") this.#pingedAtMs ??= performance.now();
    });
    this.#connection.on("heartbeat", () => {
      this.#pingedAtMs = null;
    });
  }

  /** The bytes of the waiting packets. At most queuePacketsMax packets are counted, so its cost is bounded. */
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

  /** Whether an eighth of what may wait does. */
  get isLong(): boolean {
    const { queuePacketsMax, queueBytesMax } = this.#limits;
    const { length } = this.#connection.writeBuffer;
    return length > 0 && (length > queuePacketsMax / 8 || this.bytes > queueBytesMax / 8);
  }

  /** The client is sent what it asked for, which may be much: until nothing waits any more, it may take its time. */
  giveTime(): void {
    this.#hasTime = true;
  }

  /** Why the client is too slow; null: it keeps up. Called again and again. */
  lag(nowMs: number): string | null {
    const { queuePacketsMax, queueBytesMax, partingTimeoutMs } = this.#limits;
    const waiting = this.#waiting();
    if (waiting === null) this.#hasTime = false;
    const standstillMs = this.#standstill.look(nowMs, waiting);
    const standstillMaxMs = this.#hasTime ? partingTimeoutMs : this.#limits.standstillMaxMs;
    const { writeBuffer, transport } = this.#connection;
    if (transport.name !== "polling" || transport.writable) this.#polledAtMs = nowMs;
    if (writeBuffer.length > queuePacketsMax) return `more than ${queuePacketsMax} packets wait for you`;
    if (this.bytes > queueBytesMax) return `more than ${queueBytesMax} bytes wait for you`;
    if (standstillMs >= standstillMaxMs) return `your connection took nothing for ${standstillMaxMs / 1_000} s`;
    if (nowMs - this.#polledAtMs > POLL_MAX_MS) return `you have not polled for ${POLL_MAX_MS / 1_000} s`;
    if (this.#pingedAtMs !== null && nowMs - this.#pingedAtMs > PONG_MAX_MS)
      return `you have not answered a ping for ${PONG_MAX_MS / 1_000} s`;
    return null;
  }

  /** The socket of a WebSocket for which something waits. */
  #waiting(): Outflow | null {
    const { writeBuffer, transport } = this.#connection;
    const { socket } = transport;
    const isWaiting = transport.name === "websocket" && (writeBuffer.length > 0 || (socket?.bufferedAmount ?? 0) > 0);
    return (isWaiting && socket?._socket) || null;
  }

  /** Straight to the network where nothing waits; else through Engine.IO's queue, which is counted and limited. */
  writeAll(): number {
    const packets = this.unwritten;
    if (packets === null) return 0;
    this.unwritten = null;
    const direct = this.#direct();
    if (direct !== null) {
      direct.write(packets.bytes);
      return packets.bytes.length;
    }
    packets.each(({ text, options }) => this.#connection.write(text, options));
    return 0;
  }

  /** The socket below, if what is written there is the next that the client reads. */
  #direct(): Pick<TcpSocket, "write"> | null {
    const { readyState, writeBuffer, transport } = this.#connection;
    if (readyState !== "open" || writeBuffer.length > 0 || transport.name !== "websocket") return null;
    const tcp = transport.socket?.readyState === OPEN ? transport.socket._socket : null;
    return tcp?.writable && tcp.writableLength === 0 ? tcp : null;
  }

  /** Drops packets that were not handed to the network yet, so that the next one is read as soon as possible. */
  drop(): void {
    this.unwritten = null;
    this.#connection.writeBuffer.length = 0;
  }

  /** Gives a client that is too slow to answer a ping, or to close the connection, so much more time. */
  bePatient(timeoutMs: number): void {
    const { transport, pingTimeoutTimer } = this.#connection;
    this.#connection.resetPingTimeout = () => undefined;
    clearTimeout(pingTimeoutTimer ?? undefined);
    this.#connection.pingTimeoutTimer = null;
    if (transport.socket !== undefined) transport.socket._closeTimeout = timeoutMs;
  }

  /** Ends the TCP connection behind the packets already sent, also for clients that don't close their side. */
  end(): void {
    this.#connection.transport.socket?._socket?.end();
  }

  /** Ends the connection at once; packets not sent are lost. */
  discard(): void {
    discard(this.#connection);
  }
}

/** Ends a connection at once, without waiting for a client that does not answer its end. */
export function discard(connection: Pick<Connection, "transport" | "close">): void {
  connection.transport.socket?.terminate();
  connection.close(true);
}
