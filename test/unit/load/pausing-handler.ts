import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** An order-handler that answers every line, but nothing in its pause: what it owes it answers afterwards. */
export class PausingHandler {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #owed: (() => void)[] = [];
  #isPaused = false;
  #lastId = 0;

  constructor(answer: (id: number, line: string) => string) {
    this.#server = createServer((socket) => {
      this.#sockets.push(socket);
      socket.on("error", () => undefined);
      socket.on("data", (bytes) => {
        for (const line of bytes.toString().trimEnd().split("\n")) {
          const text = line.startsWith("LOGIN") ? "OK LOGIN x\n" : answer(++this.#lastId, line);
          if (this.#isPaused) this.#owed.push(() => socket.write(text));
          else socket.write(text);
        }
      });
    });
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  pause(forMs: number): void {
    this.#isPaused = true;
    setTimeout(() => {
      this.#isPaused = false;
      for (const pay of this.#owed) pay();
      this.#owed = [];
    }, forMs);
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
