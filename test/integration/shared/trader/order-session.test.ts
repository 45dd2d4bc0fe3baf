import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { OrderSession } from "../../../../src/shared/trader/order-session.js";
import { eventually, until } from "../../../support/eventually.js";

/** An order-handler that does as it is told. */
class ScriptedHandler {
  readonly received: string[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Null: no answer. */
  answer: (line: string) => string | null = (line) => (line.startsWith("LOGIN ") ? "OK LOGIN me" : `ACK ${line}`);

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket)).on("error", () => undefined);
      createInterface({ input: socket }).on("line", (line) => {
        this.received.push(line);
        const answer = this.answer(line);
        if (answer !== null) socket.write(`${answer}\n`);
      });
    });
  }

  static async start(port = 0): Promise<ScriptedHandler> {
    const server = createServer();
    const handler = new ScriptedHandler(server);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return handler;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Unasked. */
  say(line: string): void {
    for (const socket of this.#sockets) socket.write(`${line}\n`);
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

describe("a session of npm run watch", () => {
  let handler: ScriptedHandler;
  let session: OrderSession;
  let told: string[];

  const open = async () => {
    told = [];
    session = new OrderSession(
      { host: "127.0.0.1", port: handler.port },
      { keyId: "me", secret: "word" },
      {
        onState: ({ kind }) => told.push(kind),
        onResponse: (response, line) => told.push(`${line ?? "unasked"} → ${response}`),
        onUnanswered: (line) => told.push(`${line} → nothing`),
      },
    );
  };
  const heard = (what: string) => until(`${what} in ${told}`, () => told.includes(what));

  beforeEach(async () => {
    handler = await ScriptedHandler.start();
    await open();
  });
  afterEach(async () => {
    session.close();
    await handler.stop();
  });

  it("logs in, and gives each line its response", async () => {
    expect(session.send("BUY")).to.equal("not logged in yet");
    await heard("open");
    expect([session.send("A"), session.send("B")]).to.deep.equal([null, null]);
    await heard("B → ACK B");
    expect(told).to.deep.equal(["open", "A → ACK A", "B → ACK B"]);
    expect(handler.received).to.deep.equal(["LOGIN me word", "A", "B"]);
  });

  it("comes back after the handler, and never sends again what was not answered", async () => {
    await heard("open");
    handler.answer = () => null;
    session.send("A");
    await until("the line's arrival", () => handler.received.includes("A"));
    const { port } = handler;
    await handler.stop();
    await heard("A → nothing");
    expect(session.send("B")).to.match(/^the order handler is away \(.+\)$/);
    handler = await ScriptedHandler.start(port);
    await eventually("a second login", () => (told.at(-1) === "open" ? true : null));
    expect(session.send("C")).to.equal(null);
    await heard("C → ACK C");
    expect(handler.received).to.deep.equal(["LOGIN me word", "C"]);
  });

  it("tells what the handler says before it closes", async () => {
    await heard("open");
    handler.say("REJ 305 SHUTTING_DOWN goodbye");
    await heard("unasked → REJ 305 SHUTTING_DOWN goodbye");
  });

  it("says why a key is no good, and sends nothing with it", async () => {
    session.close();
    handler.answer = () => "REJ 101 LOGIN_REJECTED no";
    await open();
    await heard("refused");
    expect(session.send("A")).to.equal("REJ 101 LOGIN_REJECTED no");
    expect(told).to.deep.equal(["refused"]);
  });
});
