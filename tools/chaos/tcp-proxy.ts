/** Stands between the services and a server, and does to their connections what a network does on a bad day. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Transform } from "node:stream";
import { freePort } from "../../src/launcher/free-port.js";

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** Passes bytes on, in their order, each at its time. */
class DelayLine {
  readonly #waiting: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  readonly #pass: (bytes: Buffer) => void;

  constructor(pass: (bytes: Buffer) => void) {
    this.#pass = pass;
  }

  push(bytes: Buffer, delayMs: number): void {
    if (delayMs === 0 && this.#waiting.length === 0) this.#pass(bytes);
    else if (this.#waiting.push({ bytes, dueMs: performance.now() + delayMs }) === 1) this.#wait();
  }

  #wait(): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    setTimeout(() => {
      this.#waiting.shift();
      this.#pass(first.bytes);
      this.#wait();
    }, first.dueMs - performance.now());
  }
}

export class TcpProxy {
  readonly port: number;
  /** Changes what goes to the client of a connection that is made from now on. */
  toClient: (() => Transform) | null = null;
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #isBlackHole = false;
  #answerDelayMs = 0;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.#listener = createServer({ noDelay: true }, (client) => this.#accept(client, targetPort));
  }

  static async open(targetPort: number): Promise<TcpProxy> {
    const port = await freePort();
    const proxy = new TcpProxy(port, targetPort);
    await new Promise<void>((resolve, reject) => {
      proxy.#listener.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    return proxy;
  }

  /** Connections stay open and nothing passes, new ones included. */
  setBlackHole(isBlackHole: boolean): void {
    this.#isBlackHole = isBlackHole;
    for (const { client, server } of this.#pairs)
      for (const socket of [client, server]) isBlackHole ? socket.pause() : socket.resume();
  }

  /** Every answer of the server comes so much later. */
  setAnswerDelay(delayMs: number): void {
    this.#answerDelayMs = delayMs;
  }

  cutAll(): void {
    for (const { client, server } of this.#pairs) for (const socket of [client, server]) socket.destroy(); // a reset makes libuv spin now and then
  }

  async close(): Promise<void> {
    this.cutAll();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #accept(client: Socket, targetPort: number): void {
    const server = connect({ host: "127.0.0.1", port: targetPort, noDelay: true });
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on("error", end).on("close", end);
    client.on("data", (bytes) => server.write(bytes));
    const toClient = this.toClient?.() ?? null;
    toClient?.on("data", (bytes) => client.write(bytes));
    const answers = new DelayLine((bytes) => {
      if (client.writable) (toClient ?? client).write(bytes);
    });
    server.on("data", (bytes) => answers.push(bytes, this.#answerDelayMs));
    if (this.#isBlackHole) for (const socket of [client, server]) socket.pause();
  }
}
