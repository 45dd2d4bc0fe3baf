import { expect } from "chai";
import { decodeOrderBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { until } from "../../support/eventually.js";
import { closedAfterEach } from "../../support/hooks.js";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { frame, type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

describe("order-handler", () => {
  let nats: NatsForTest;
  let handler: HandlerForTest;
  const clients = closedAfterEach<TestClient>();

  before(async () => {
    nats = await startNats();
    handler = await startHandler(nats.url);
  });
  after(async () => {
    await handler.stop();
    await nats.stop();
  });

  async function login(key?: string, option?: string): Promise<TestClient> {
    const client = await TestClient.login(handler.port, key, option);
    clients.push(client);
    return client;
  }
  function connect(): TestClient {
    const client = new TestClient(handler.port);
    clients.push(client);
    return client;
  }
  const lastBatch = async (asset: string) => {
    const message = await handler.bus.lastMessage("ORDERS", `orders.${asset}`);
    if (message === null) throw new Error(`nothing is logged for ${asset}`);
    return { streamSequence: message.streamSequence, requests: decodeOrderBatch(message.data) };
  };

  it("acknowledges an order when it is in the log, with its place in it", async () => {
    const client = await login();
    const [, logId, asset, id] = (await client.ask("BUY BTC-USD 0.5 64000.10 id=first")).split(" ");
    const { streamSequence, requests } = await lastBatch("BTC-USD");
    expect([Number(logId), asset, id]).to.deep.equal([streamSequence * 256, "BTC-USD", "id=first"]);
    expect(requests).to.have.length(1);
    expect(requests[0]).to.include({ accountId: 1 });
    expect(requests[0]?.body).to.include({
      kind: "new",
      clientOrderId: "first",
      quantityLots: 5_000,
      priceTicks: 6_400_010,
    });
  });

  it("logs every kind of request", async () => {
    const client = await login();
    expect(await client.ask("CANCEL ETH-USD 256")).to.match(/^ACK \d+ ETH-USD$/);
    expect(await client.ask("CANCEL ETH-USD id=x")).to.match(/^ACK \d+ ETH-USD$/);
    expect(await client.ask("REPLACE ETH-USD 256 1 2 id=y")).to.match(/^ACK \d+ ETH-USD$/);
    expect(await client.ask("CANCELALL ETH-USD SELL")).to.match(/^ACK \d+ ETH-USD$/);
    expect((await lastBatch("ETH-USD")).requests[0]?.body).to.deep.equal({ kind: "cancel_all", side: "sell" });
  });

  it("answers 10,000 lines through one socket, all of them, in order", async () => {
    const client = await login();
    const count = 10_000;
    let lines = "";
    for (let index = 0; index < count; index++)
      lines += index % 100 === 99 ? `BUY BTC-USD 0 ${index}\n` : `BUY BTC-USD 1 1 id=n-${index}\n`;
    client.send(lines);
    const answers = await client.lines(count);
    let lastLogId = 0;
    for (const [index, answer] of answers.entries()) {
      if (index % 100 === 99) expect(answer).to.equal("REJ 204 INVALID_QUANTITY quantity 0 is not above zero");
      else {
        expect(answer).to.match(new RegExp(`^ACK \\d+ BTC-USD id=n-${index}$`));
        const logId = Number(answer.split(" ")[1]);
        expect(logId).to.be.above(lastLogId);
        lastLogId = logId;
      }
    }
  });

  it("keeps the order of responses over assets", async () => {
    const client = await login();
    const assets = Array.from({ length: 400 }, (_, index) => ["BTC-USD", "ETH-USD", "SOL-USDC", "KCN-EUR"][index % 4]);
    client.send(assets.map((asset) => `BUY ${asset} 1 1\n`).join(""));
    const answers = await client.lines(assets.length);
    expect(answers.map((answer) => answer.split(" ")[2])).to.deep.equal(assets);
  });

  it("answers a client that closes its side after its last request", async () => {
    const client = connect();
    client.socket.end("LOGIN random1 random1\nBUY BTC-USD 1 1\nPING\n");
    expect(await client.rest()).to.match(/^OK LOGIN random1\nACK \d+ BTC-USD\nOK PING\n$/);
  });

  it("ends a session that quits, once all is answered", async () => {
    const client = connect();
    client.send("LOGIN random1 random1\nBUY BTC-USD 1 1\nQUIT\nBUY BTC-USD 1 1\n");
    expect(await client.rest()).to.match(/^OK LOGIN random1\nACK \d+ BTC-USD\nOK QUIT\n$/);
  });

  it("takes CRLF, blank lines, comments and keywords in any case", async () => {
    const client = connect();
    client.send("# hello\r\n\r\nlogin random1 random1\r\n  \nping\r\n");
    expect(await client.lines(2)).to.deep.equal(["OK LOGIN random1", "OK PING"]);
  });

  it("tells what is traded and what time it is", async () => {
    const client = await login();
    expect(await client.ask("ASSETS")).to.match(/^OK ASSETS BTC-USD tick=0\.01 lot=0\.0001; ETH-USD /);
    const time = (await client.ask("TIME")).replace("OK TIME ", "");
    expect(Date.parse(time)).to.be.closeTo(Date.now(), patience(5_000));
  });

  it("speaks the binary dialect on the same port", async () => {
    const client = connect();
    client.send(frame({ requestId: 1, login: { keyId: "random2", secret: "random2" } }));
    const { requestId, loginAccepted } = await client.message();
    expect([requestId, loginAccepted?.account]).to.deep.equal([1, "random2"]);
    expect(loginAccepted?.assets.map(({ asset }) => asset)).to.include("BTC-USD");
    const order = { asset: "SOL-USDC", side: 2, type: 1, quantityLots: 3, priceTicks: 4, clientOrderId: "b1" };
    client.send(frame({ requestId: 2, newOrder: order }));
    const { ack } = await client.message();
    expect(ack?.logId).to.equal((await lastBatch("SOL-USDC")).streamSequence * 256);
    expect(ack?.clientOrderId).to.equal("b1");
    expect(ack?.loggedAtUs).to.be.above(ack?.receivedAtUs ?? Number.POSITIVE_INFINITY);
    client.send(frame({ requestId: 3, newOrder: { ...order, side: 7 } }));
    expect((await client.message()).reject).to.include({ code: 203, name: "INVALID_SIDE", clientOrderId: "b1" });
    client.send(frame({ requestId: 4, heartbeat: {} }));
    expect((await client.message()).heartbeat).to.be.an("object");
  });

  it("reads a frame that comes in single bytes, and a thousand in one write", async () => {
    const client = connect();
    for (const byte of frame({ requestId: 1, login: { keyId: "random1", secret: "random1" } })) {
      client.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await client.message()).loginAccepted?.account).to.equal("random1");
    const count = 1_000;
    const order = { asset: "BTC-USD", side: 1, type: 1, quantityLots: 1, priceTicks: 1 };
    client.send(
      Buffer.concat(Array.from({ length: count }, (_, index) => frame({ requestId: index, newOrder: order }))),
    );
    for (let index = 0; index < count; index++) {
      const { requestId, ack } = await client.message();
      expect([requestId, ack === undefined]).to.deep.equal([index, false]);
    }
  });

  it("counts what it does", async () => {
    const client = await login();
    await client.ask("BUY BTC-USD 1 1");
    await client.ask("BUY NO-WAY 1 1");
    const counted = [
      /bourse_handler_requests_total\{kind="new",service="order-handler"\} \d+/,
      /bourse_handler_rejects_total\{name="UNKNOWN_ASSET",service="order-handler"\} \d+/,
      /bourse_handler_ack_seconds_count\{service="order-handler"\} [1-9]\d*/,
      /bourse_handler_batch_requests_count\{service="order-handler"\} [1-9]\d*/,
    ];
    await until("the metrics", async () => {
      const text = await handler.metrics.text();
      return counted.every((pattern) => pattern.test(text));
    });
  });
});
