import { connect, createServer, type Socket } from "node:net";

/** Stands between a service and a server, and can hold back whatever either says. */
export class TcpProxy {
  readonly port: number;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets: Set<Socket>;
  readonly #setHolding: (holds: boolean) => void;

  private constructor(
    port: number,
    server: ReturnType<typeof createServer>,
    sockets: Set<Socket>,
    setHolding: (holds: boolean) => void,
  ) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
    this.#setHolding = setHolding;
  }

  /** `said`: what becomes of what the server says. */
  static async to(host: string, port: number, said = (bytes: Buffer) => bytes): Promise<TcpProxy> {
    const sockets = new Set<Socket>();
    let holds = false;
    const server = createServer((client) => {
      const upstream = connect(port, host);
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(one);
        one.on("data", (bytes: Buffer) => other.write(one === upstream ? said(bytes) : bytes));
        one.on("error", () => other.destroy());
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        if (holds) one.pause();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const setHolding = (now: boolean) => {
      holds = now;
      for (const socket of sockets) {
        if (holds) socket.pause();
        else socket.resume();
      }
    };
    return new TcpProxy((server.address() as { port: number }).port, server, sockets, setHolding);
  }

  /** Nothing passes any more, and nothing ends. */
  hold(): void {
    this.#setHolding(true);
  }

  release(): void {
    this.#setHolding(false);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
