import { createHash } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import type { Part } from "./supervisor.js";

/** A process that serves the port's connections. */
export interface Taker {
  /** The same after a restart. */
  readonly place: number;
  take(connection: Socket): void;
}

/** Limit of the connections that the kernel has accepted and this process has not. */
const BACKLOG = 4_096;

/**
 * One port that several processes serve: this one accepts, and hands each connection over unread. All connections of an address go
 * to one process, so that Socket.IO's long-polling, which is many connections, finds its session there; of the addresses of a process
 * that is gone each goes to one of the others, and the other addresses stay where they are.
 */
export class SharedPort {
  readonly #server: Server;
  readonly #takers = new Set<Taker>();

  constructor() {
    this.#server = createServer({ pauseOnConnect: true }, (connection) => this.#hand(connection));
  }

  /** Resolves when the port is open. */
  open(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, BACKLOG, resolve);
    });
  }

  /** The taker gets connections from now on. */
  add(taker: Taker): void {
    this.#takers.add(taker);
  }

  remove(taker: Taker): void {
    this.#takers.delete(taker);
  }

  /** Accepts no more; what was handed over stays. */
  close(): void {
    this.#server.close();
  }

  #hand(connection: Socket): void {
    connection.on("error", () => connection.destroy());
    const taker = takerOf(connection.remoteAddress ?? "", [...this.#takers]);
    if (taker === null) connection.destroy();
    else taker.take(connection);
  }
}

/** The part, each process of which gets connections of the port while it runs and takes them. */
export function takingPart(part: Part, port: SharedPort, place: number): Part {
  return {
    name: `${part.name} ${place + 1}`,
    async start() {
      const running = await part.start();
      const taker = { place, take: (connection: Socket) => running.take?.(connection) };
      void running.isTaking?.then(() => port.add(taker));
      void running.exited.then(() => port.remove(taker));
      return running;
    },
  };
}

/** Who gets the address: the place with the highest hash (rendezvous hashing); null: there is nobody. */
export function takerOf<Place extends Pick<Taker, "place">>(address: string, takers: readonly Place[]): Place | null {
  let chosen: { taker: Place; hash: string } | null = null;
  for (const taker of takers) {
    const hash = createHash("sha1").update(`${address} ${taker.place}`).digest("hex");
    if (chosen === null || hash > chosen.hash) chosen = { taker, hash };
  }
  return chosen?.taker ?? null;
}
