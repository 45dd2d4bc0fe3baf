/** Upgrades to WebSocket on one port: whose path it is, and the places of connections, in all and from one address. */
import type { IncomingHttpHeaders, IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { networkOf } from "../../shared/access/wrong-logins.js";
import { clientAddress } from "../../shared/process/client-address.js";
import type { TrustedProxies } from "../../shared/process/trusted-proxies.js";

export interface UpgradeLimits {
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly frameBytesMax: number;
}

export interface UpgradesOptions {
  readonly limits: UpgradeLimits;
  readonly proxies: TrustedProxies;
  /** Whether the port takes nobody any more. */
  readonly isClosed: () => boolean;
}

/** What becomes of a connection. */
export type Opener = (socket: WebSocket, address: string) => void;

/** Null: the path is another's. */
export type Taker = (path: string, query: URLSearchParams, headers: IncomingHttpHeaders) => Opener | null;

export class Upgrades {
  readonly #options: UpgradesOptions;
  readonly #takers: Taker[] = [];
  readonly #sockets: WebSocketServer;
  /** Open connections by network. */
  readonly #ofNetwork = new Map<string, number>();

  constructor(server: Server, options: UpgradesOptions) {
    this.#options = options;
    const { frameBytesMax } = options.limits;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: frameBytesMax, perMessageDeflate: false });
    server.on("upgrade", (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Asks it about each path that nobody before it took. Who takes a connection also ends it when the gateway stops. */
  take(taker: Taker): void {
    this.#takers.push(taker);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const open = this.#openerOf(request);
    const address = clientAddress(request.socket.remoteAddress ?? "", request.headers, this.#options.proxies);
    const network = networkOf(address);
    const problem = this.#whyNot(network);
    if (open === null) refuse(socket, "404 Not Found");
    else if (problem !== null) refuse(socket, problem);
    else
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        this.#hold(network, opened);
        open(opened, address);
      });
  }

  #whyNot(network: string): string | null {
    const { limits, isClosed } = this.#options;
    if (isClosed() || this.#sockets.clients.size >= limits.connectionsMax) return "503 Service Unavailable";
    const isTooMany = (this.#ofNetwork.get(network) ?? 0) >= limits.connectionsPerAddressMax;
    return isTooMany ? "429 Too Many Requests" : null;
  }

  #openerOf(request: IncomingMessage): Opener | null {
    const [path = "", query] = (request.url ?? "").split("?");
    for (const taker of this.#takers) {
      const open = taker(path, new URLSearchParams(query), request.headers);
      if (open !== null) return open;
    }
    return null;
  }

  #hold(network: string, socket: WebSocket): void {
    this.#ofNetwork.set(network, (this.#ofNetwork.get(network) ?? 0) + 1);
    socket.on("close", () => {
      const others = (this.#ofNetwork.get(network) ?? 1) - 1;
      if (others === 0) this.#ofNetwork.delete(network);
      else this.#ofNetwork.set(network, others);
    });
  }
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
