import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { TlsIdentity } from "../shared/process/tls.js";
import type { ProxiedSockets } from "./proxied-sockets.js";

export interface ListenerLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  /** How long a connection may take to the end of its TLS handshake. */
  readonly handshakeTimeoutMs: number;
}

export interface ListenerPorts {
  readonly accept: (socket: Socket) => void;
  /** Called with a trusted proxy's connection that has no good PROXY header. */
  readonly refuse: (socket: Socket, why: string) => void;
}

/** Half-open: a client may send everything, close its side, and then read the responses. */
const HALF_OPEN = { allowHalfOpen: true };

/** A server that gives each connection to `accept` once a client's bytes can come: after PROXY header and TLS handshake. */
export function createListener(
  tls: TlsIdentity | null,
  limits: ListenerLimits,
  proxied: ProxiedSockets,
  { accept, refuse }: ListenerPorts,
): Server {
  const clients = tls === null ? createServer(HALF_OPEN, accept) : createTlsListener(tls, limits, proxied, accept);
  return createServer(HALF_OPEN, (socket) =>
    proxied.begin(socket, (begun) => clients.emit("connection", begun), refuse),
  );
}

function createTlsListener(
  tls: TlsIdentity,
  limits: ListenerLimits,
  proxied: ProxiedSockets,
  accept: (socket: Socket) => void,
): Server {
  const options = { ...HALF_OPEN, ...tls, handshakeTimeout: limits.handshakeTimeoutMs };
  const server = createTlsServer(options, accept);
  const handshakes = new Handshakes(limits);
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  server.on("connection", (socket: Socket) => handshakes.begin(socket, proxied.addressOf(socket)));
  return server;
}

/**
 * Limits the TCP connections of a TLS server to twice the sessions, so that as many again can be in their handshake. One
 * beyond that is cut without a word, because nothing can be encrypted yet; after the handshake `accept` refuses in words.
 */
class Handshakes {
  readonly #limits: ListenerLimits;
  readonly #perAddress = new Map<string, number>();
  #count = 0;

  constructor(limits: ListenerLimits) {
    this.#limits = limits;
  }

  begin(socket: Socket, address: string): void {
    const { connectionsMax, connectionsPerAddressMax } = this.#limits;
    const ofAddress = this.#perAddress.get(address) ?? 0;
    if (this.#count >= 2 * connectionsMax || ofAddress >= 2 * connectionsPerAddressMax) {
      socket.destroy();
      return;
    }
    this.#count += 1;
    this.#perAddress.set(address, ofAddress + 1);
    socket.once("close", () => {
      this.#count -= 1;
      const left = (this.#perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(address);
      else this.#perAddress.set(address, left);
    });
  }
}
