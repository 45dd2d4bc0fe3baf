/** The native API over WebSocket, on the real pipeline. */
import { once } from "node:events";
import { decode, encode } from "@msgpack/msgpack";
import { expect } from "chai";
import { WebSocket } from "ws";
import { until } from "../../support/eventually.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "../pipeline/pipeline-under-test.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

const asset = "BTC-USD";
const ORDER = { asset, side: "buy", quantity: "0.0005", price: "0.90" };

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
type Message = any;

class Client {
  readonly messages: Message[] = [];
  readonly socket: WebSocket;
  closed: { code: number; reason: string } | null = null;
  #id = 0;

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`);
    this.socket.on("message", (data) => this.messages.push(JSON.parse(data.toString())));
    this.socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
  }

  /** Returns its id. */
  send(op: string, args: object = {}, more: object = {}): number {
    this.#id += 1;
    this.socket.send(JSON.stringify({ id: this.#id, op, args, ...more }));
    return this.#id;
  }

  async ask(op: string, args: object = {}, more: object = {}): Promise<Message> {
    const id = this.send(op, args, more);
    await until(`the answer to ${op}`, () => this.messages.some((message) => message.id === id));
    return this.messages.find((message) => message.id === id);
  }

  events(name: string): Message[] {
    return this.messages.filter(({ event }) => event === name).map(({ data }) => data);
  }
}

describe("the gateway's WebSocket", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  const clients: Client[] = [];
  const open = async () => {
    const client = new Client(gateway.url);
    clients.push(client);
    await once(client.socket, "open");
    return client;
  };
  const login = async (key: string, more: object = {}) => {
    const client = await open();
    expect(await client.ask("login", { keyId: key, secret: key, ...more })).to.include({ ok: true, account: key });
    return client;
  };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
    gateway = await startGateway(pipeline);
    await until("the book is known", () => gateway.context.market.depth(asset, 10) !== null);
  });
  after(async () => {
    for (const { socket } of clients) socket.terminate();
    await gateway.stop();
    await pipeline.stop();
  });

  it("answers requests in their order, once each, also those sent before the login is checked", async () => {
    const client = await open();
    client.send("order", ORDER);
    client.send("login", { keyId: "ann", secret: "ann" });
    client.send("order", { ...ORDER, clientOrderId: "ws-1" }, { wait: "result" });
    await until("the order is settled: replace looks its name up", () => client.messages.length === 3);
    client.send("order", { ...ORDER, price: "0.905" });
    client.send("replace", { asset, order: "client:ws-1", quantity: "0.0004", price: "0.90" }, { wait: "result" });
    client.send("cancel", { asset, order: "client:ws-1" }, { wait: "result" });
    client.send("cancel_all", { asset });
    client.send("timer", { seconds: 0 });
    client.socket.send("no JSON");
    client.send("ping");
    client.send("dance");
    await until("all are answered", () => client.messages.length === 11);
    // What the replaced order's status is when its result is told depends on whether the cancel was settled with it.
    const told = client.messages.map(({ id, ok, name, status }) => [id, ok, name ?? (id === 5 ? undefined : status)]);
    expect(told).to.deep.equal([
      [1, false, "LOGIN_REQUIRED"],
      [2, true, undefined],
      [3, true, "open"],
      [4, false, "INVALID_PRICE"],
      [5, true, undefined],
      [6, true, "canceled"],
      [7, true, undefined],
      [8, true, undefined],
      [null, false, "MALFORMED_MESSAGE"],
      [9, true, undefined],
      [10, false, "MALFORMED_MESSAGE"],
    ]);
  });

  it("tells subscribers what the notifier's channels tell, in sequence after the snapshot", async () => {
    const [ann, anybody] = [await login("ann"), await open()];
    const orders = await ann.ask("subscribe", { channel: "orders" });
    expect(orders).to.include({ ok: true });
    expect(await anybody.ask("subscribe", { channel: "orders" })).to.include({ ok: false, name: "LOGIN_REQUIRED" });
    const depth = await anybody.ask("subscribe", { channel: "depth", asset });
    expect(await anybody.ask("subscribe", { channel: "trades", asset })).to.deep.include({ ok: true, trades: [] });
    await pipeline.log(asset, buy(ANN, 5, 90), sell(BOB, 2, 90));
    await until("the trade is told", () => anybody.events("trades").length === 1);
    await until("own reports are told", () => ann.events("orders").flatMap(({ reports }) => reports).length === 2);
    const reports = ann.events("orders").flatMap(({ reports }) => reports);
    expect(reports.map(({ event }) => event)).to.deep.equal(["accepted", "trade"]);
    expect(reports[0].accountSequence).to.equal(orders.accountSequence + 1);
    await until("the book is told", () => anybody.events("depth").length > 0);
    expect(anybody.events("depth")[0].previousSequence).to.be.at.least(depth.sequence);
    expect(await anybody.ask("unsubscribe", { channel: "trades", asset })).to.include({ ok: true });
  });

  it("cancels the orders of a session that asked for it when it ends", async () => {
    const client = await login("bob", { cancelOnDisconnect: true });
    const placed = await client.ask("order", { ...ORDER, price: "0.50" }, { wait: "result" });
    expect(placed.status).to.equal("open");
    client.socket.terminate();
    const canceled = "select 1 from orders where order_id = $1 and status = 'canceled'";
    await pipeline.rowsOnce(1, canceled, placed.orderId);
  });

  it("ends who sends a frame too large, or what is not text; and takes no other path", async () => {
    const client = await open();
    client.socket.send(`{"id":1,"op":"ping","args":{"x":"${"x".repeat(20_000)}"}}`);
    await until("it is closed", () => client.closed !== null);
    expect(client.closed?.code).to.equal(1009);
    const other = await open();
    other.socket.send(Buffer.from([1, 2, 3]));
    await until("it is closed", () => other.closed !== null);
    expect(other.closed?.code).to.equal(1003);
    const wrong = new WebSocket(`${gateway.url.replace("http", "ws")}/v1/other`);
    const [error] = (await once(wrong, "error")) as [Error];
    expect(error.message).to.include("404");
  });

  it("speaks MessagePack with who asks for it, under the same rules", async () => {
    for (const options of [{ protocols: ["msgpack"] }, { headers: { accept: "application/msgpack" } }]) {
      const { protocols = [], headers = {} } = options as { protocols?: string[]; headers?: Record<string, string> };
      const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/v1/ws`, protocols, { headers });
      const messages: Message[] = [];
      socket.on("message", (data, isBinary) => messages.push(isBinary ? decode(data as Buffer) : "text"));
      await once(socket, "open");
      const ask = async (request: object | Buffer) => {
        messages.length = 0;
        socket.send(Buffer.isBuffer(request) ? request : encode(request));
        await until("an answer", () => messages.length > 0);
        return messages[0];
      };
      expect(await ask({ id: 1, op: "login", args: { keyId: "ann", secret: "ann" } })).to.include({ ok: true });
      const order = { ...ORDER, price: 0.9, quantity: 0.0005 };
      expect(await ask({ id: 2, op: "order", args: order, wait: "result" })).to.include({ id: 2, status: "open" });
      expect(await ask({ id: 3, op: "order", args: { ...order, price: 1e-7 } })).to.include({ name: "INVALID_PRICE" });
      expect(await ask(Buffer.from([0xc1]))).to.include({ ok: false, name: "MALFORMED_MESSAGE" });
      expect(await ask(Buffer.from([0xdf, 0x7f, 0xff, 0xff, 0xff]))).to.include({ name: "MALFORMED_MESSAGE" });
      expect(await ask({ id: 4, op: "subscribe", args: { channel: "status" } })).to.include({ id: 4, ok: true });
      gateway.context.market.audience.send("status", "status", { asset, why: "a test" });
      await until("an event", () => messages.length === 2);
      expect(messages[1]).to.deep.equal({ event: "status", data: { asset, why: "a test" } });
      socket.terminate();
    }
  });

  it("slows down who asks too much, and answers all of it", async () => {
    const client = await open();
    for (let at = 0; at < 1_500; at++) client.send("ping");
    await until("all are answered", () => client.messages.length === 1_500);
    const refused = client.messages.filter(({ ok }) => !ok);
    expect(refused.length).to.be.above(0);
    expect(refused.every(({ name }) => name === "RATE_LIMITED")).to.equal(true);
  });

  it("cuts who does not read, and tells why, while others go on", async () => {
    const [slow, fast] = [await open(), await open()];
    await slow.ask("subscribe", { channel: "status" });
    await fast.ask("subscribe", { channel: "status" });
    slow.socket.pause();
    const why = "x".repeat(10_000);
    const { audience } = gateway.context.market;
    let told = 0;
    await until("the slow one is cut", () => {
      for (let at = 0; at < 100; at++, told++) audience.send("status", "status", { asset, why });
      slow.socket.resume();
      slow.socket.pause();
      audience.cutSlowClients();
      return gateway.context.market.audience.membersOf("status") === 1;
    });
    slow.socket.resume();
    await until("it is told", () => slow.events("lagged").length === 1 && slow.closed !== null);
    expect([slow.events("lagged")[0].reason, slow.closed?.code]).to.deep.equal(["SLOW_CONSUMER", 1008]);
    await until("the fast one has all", () => fast.events("status").length === told);
  });
});
