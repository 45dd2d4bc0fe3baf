/** A port that stays open while the processes that serve it come and go, as a service manager holds it (shared-socket.ts). */
import * as net from "node:net";

interface Handle {
  readonly fd: number;
  getsockname(to: { port?: number }): number;
  close(): void;
}

/** What Node's cluster opens its ports with: a socket that is bound, and on which this process takes no connections. */
const { _createServerHandle: open } = net as unknown as {
  _createServerHandle(address: string, port: number, family: 4): Handle | number;
};

export class HeldPort {
  readonly port: number;
  readonly #handle: Handle;

  /** Any free one, on 127.0.0.1. */
  constructor() {
    const handle = open("127.0.0.1", 0, 4);
    if (typeof handle === "number") throw new Error(`no port can be opened (${handle})`);
    this.#handle = handle;
    const name: { port?: number } = {};
    handle.getsockname(name);
    this.port = name.port ?? 0;
  }

  /** To be a started process's file 3. */
  get file(): number {
    return this.#handle.fd;
  }

  close(): void {
    this.#handle.close();
  }
}
