import type { Socket } from "node:net";
import { isTrusted, type TrustedProxies } from "../shared/process/trusted-proxies.js";
import { HeaderWaits } from "./header-waits.js";
import { readProxyHeader } from "./proxy-header.js";

export interface ProxyLimits {
  /** How long a trusted proxy may take to send its whole PROXY header. */
  readonly handshakeTimeoutMs: number;
  readonly connectionsMax: number;
}

/** The share of all places that connections without their PROXY header may have; half of that those of one proxy. */
const WAITING_SHARE = 0.25;

/** Reads the PROXY header that begins each connection of a trusted proxy, and keeps the client's address. */
export class ProxiedSockets {
  readonly #proxies: TrustedProxies;
  readonly #limits: ProxyLimits;
  /** The client's address by `nameOf`, which is the same for a TLS connection and for the TCP connection below it. */
  readonly #clients = new Map<string, string>();
  /** What ends each connection whose header is not there yet. */
  readonly #waits: HeaderWaits<() => void>;

  constructor(proxies: TrustedProxies, limits: ProxyLimits) {
    this.#proxies = proxies;
    this.#limits = limits;
    const waitingMax = Math.max(2, Math.floor(limits.connectionsMax * WAITING_SHARE));
    this.#waits = new HeaderWaits({ waitingMax, waitingPerAddressMax: waitingMax / 2 });
  }

  addressOf(socket: Socket): string {
    return this.#clients.get(nameOf(socket)) ?? socket.remoteAddress ?? "unknown";
  }

  /** Reads the header, if there must be one: `accept` gets the socket with the bytes after it, `refuse` one without it. */
  begin(socket: Socket, accept: (socket: Socket) => void, refuse: (socket: Socket, why: string) => void): void {
    if (!isTrusted(this.#proxies, socket.remoteAddress ?? "")) {
      accept(socket);
      return;
    }
    const name = nameOf(socket);
    let received = Buffer.alloc(0);
    const end = (done: () => void) => {
      clearTimeout(deadline);
      this.#waits.leave(giveWay);
      socket.off("readable", read).off("end", late).off("error", ignore);
      done();
    };
    const giveWay = () =>
      end(() => refuse(socket, "too many connections wait for their PROXY header; this is the oldest"));
    const late = () => end(() => refuse(socket, "the trusted proxy sent no whole PROXY header in time"));
    const deadline = setTimeout(late, this.#limits.handshakeTimeoutMs);
    const read = () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      received = Buffer.concat([received, chunk]);
      const header = readProxyHeader(received);
      if (header === null) return;
      if (header.kind === "malformed") {
        end(() => refuse(socket, header.text));
        return;
      }
      if (header.address !== null) this.#clients.set(name, header.address);
      end(() => {
        if (header.length < received.length) socket.unshift(received.subarray(header.length));
        accept(socket);
      });
    };
    socket.on("readable", read).on("end", late).on("error", ignore);
    this.#waits.enter(giveWay, socket.remoteAddress ?? "")?.();
    socket.once("close", () => {
      clearTimeout(deadline);
      this.#waits.leave(giveWay);
      this.#clients.delete(name);
    });
  }
}

function ignore(): void {}

function nameOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
