import { expect } from "chai";
import { connect } from "nats";
import { reportBus } from "../../../src/shared/bus/alarms.js";
import { NatsAnswers } from "../../../tools/chaos/nats-answers.js";
import { TcpProxy } from "../../../tools/chaos/tcp-proxy.js";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";
import { type HandlerForTest, startHandler, TestClient } from "./handler-under-test.js";

const BATCHER = { requestTimeoutMs: 600, attemptTimeoutMs: 150, retryIntervalMs: 20, graceMs: 100 };

describe("order-handler, when the order log", () => {
  let nats: NatsForTest;
  let proxy: TcpProxy;
  let handler: HandlerForTest;
  let service: ServiceForTest;
  let client: TestClient;

  beforeEach(async () => {
    nats = await startNats();
    proxy = await TcpProxy.open(Number(new URL(nats.url).port));
  });
  afterEach(async () => {
    client.close();
    await handler.stop();
    await proxy.close();
    await nats.stop();
  });

  async function start(): Promise<void> {
    handler = await startHandler(`nats://127.0.0.1:${proxy.port}`, { batcher: BATCHER });
    service = serviceForTest("order-handler");
    reportBus(service, handler.bus);
    client = await TestClient.login(handler.port, "random1");
  }

  it("can't be written: says so and what to do, answers BUSY at once beside the one that asks, and goes on by itself", async () => {
    let isDiskFull = true;
    // To whoever publishes it looks the same: questions are answered, publishes are not.
    proxy.toClient = () =>
      new NatsAnswers(({ payload }) => (isDiskFull && payload.includes('"stream":"ORDERS"') ? 0 : 1));
    await start();
    expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 302 UNKNOWN_OUTCOME /);
    await until("the alarm", () => service.notReady().length > 0);
    expect(service.notReady()).to.have.length(1);
    expect(service.notReady()[0]).to.match(
      /ORDERS: publishes time out while stream info answers: .*free space, then restart/,
    );
    expect(await service.metrics.text()).to.match(/bourse_stream_trouble\{stream="ORDERS",trouble="unwritable",.*\} 1/);
    client.send("BUY BTC-USD 1 1\n".repeat(3));
    const answers = await client.lines(3);
    expect(answers.filter((line) => /^REJ 300 BUSY the order log's disk is full/.test(line))).to.have.length(2);
    expect(answers.filter((line) => /^REJ 302 /.test(line))).to.have.length(1);
    isDiskFull = false;
    await until("an ACK", async () => (await client.ask("BUY BTC-USD 1 1")).startsWith("ACK "));
    expect(service.notReady()).to.deep.equal([]);
    expect(await service.metrics.text()).to.match(/bourse_stream_trouble\{stream="ORDERS",trouble="unwritable",.*\} 0/);
  });

  it("is gone, and comes back empty: says so, and gives no place a second time", async () => {
    await start();
    for (let order = 0; order < 5; order++) expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^ACK /);
    const operator = await connect({ servers: nats.url });
    await (await operator.jetstreamManager()).streams.delete("ORDERS");
    await operator.close();
    await until("the alarm", async () => {
      expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 30[12] /);
      return /ORDERS: the stream is not there any more: nats-server lost its disk/.test(service.notReady().join());
    });
    await handler.bus.ensureStreams(1);
    expect(await client.ask("BUY BTC-USD 1 1")).to.match(/^REJ 302 UNKNOWN_OUTCOME /);
    expect(await client.ask("CANCEL BTC-USD 256")).to.match(/^REJ 301 UNAVAILABLE the order log was lost/);
    expect(handler.handler.whyLogIsLost()).to.match(
      /ORDERS ends at message 1, and 5 was acknowledged or processed before/,
    );
  });
});
