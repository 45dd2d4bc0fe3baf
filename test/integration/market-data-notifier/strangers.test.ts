import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect } from "chai";
import { until } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { createDatabase } from "../../support/postgres.js";
import { RawWebSocket } from "../../support/raw-websocket.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { type Settlement, startSettlement, trade } from "./settlement-for-test.js";
import { ask, event, range } from "./subscriber.js";

/** Honest clients come from 127.0.0.1. */
const ELSEWHERE = "127.0.0.2";
const HANDSHAKE = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: notifier\r\n\r\n";

describe("market-data-notifier under strangers that take more than their share", function () {
  this.timeout(60_000);
  let nats: NatsForTest;
  let servers: { natsUrl: string; databaseUrl: string };
  let settlement: Settlement;
  let notifier: NotifierUnderTest;
  const strangers: Socket[] = [];

  before(async () => {
    nats = await startNats();
    servers = { natsUrl: nats.url, databaseUrl: await createDatabase() };
    settlement = await startSettlement(servers);
    await settlement.createAccount("alice");
  });
  afterEach(async () => {
    for (const socket of strangers.splice(0)) socket.destroy();
    await notifier.stop();
  });
  after(async () => {
    await settlement.stop();
    await nats.stop();
  });

  /** The longest that one of five honest subscribers, one after the other, takes until it is in. */
  async function slowestHonestMs(): Promise<number> {
    let slowestMs = 0;
    for (const _ of range(1, 5)) {
      const sinceMs = performance.now();
      const socket = notifier.connect({ keyId: "alice", secret: "alice" });
      expect(await ask(socket, "subscribe", { channel: "orders" })).to.include({ ok: true });
      slowestMs = Math.max(slowestMs, performance.now() - sinceMs);
      socket.close();
    }
    return slowestMs;
  }

  async function expectHonestGetInDuring(attack: () => Promise<void> | void): Promise<void> {
    const quietMs = await slowestHonestMs();
    await attack();
    expect(await slowestHonestMs()).to.be.below(Math.max(patience(1_000), 10 * quietMs));
  }

  async function stranger(): Promise<Socket> {
    const socket = connect({ port: Number(new URL(notifier.url).port), host: "127.0.0.1", localAddress: ELSEWHERE });
    strangers.push(socket.on("error", () => undefined));
    await Promise.race([once(socket, "connect"), once(socket, "close")]);
    return socket;
  }

  it("ends the oldest of those that connect and say nothing", async () => {
    notifier = await startNotifier(servers, { idleMax: 50 });
    await expectHonestGetInDuring(async () => {
      for (const _ of range(1, 400)) await stranger();
    });
    expect(await notifier.openConnections()).to.be.below(60);
  });

  it("lets those wait that shake hands all the time", async () => {
    notifier = await startNotifier(servers, { handshakesPerSecondMax: 100 });
    await expectHonestGetInDuring(async () => {
      for (const _ of range(1, 20)) (await stranger()).resume().write(HANDSHAKE.repeat(100));
    });
  });

  it("gives one address a part of the places only", async () => {
    notifier = await startNotifier(servers, { connectionsMax: 30, connectionsPerAddressMax: 20 });
    const clients = await Promise.all(range(1, 20).map(() => RawWebSocket.subscribed(notifier.url, ELSEWHERE)));
    await expectHonestGetInDuring(async () => {
      const refused = await stranger();
      refused.write(HANDSHAKE);
      expect(String(await once(refused, "data"))).to.contain("20 connections are open from your address");
    });
    for (const client of clients) client.close();
  });

  it("gives the places of those who want nothing to those who come", async () => {
    notifier = await startNotifier(servers, { connectionsMax: 20, connectionsPerAddressMax: 20 });
    const clients = await Promise.all(range(1, 20).map(() => RawWebSocket.open(notifier.url, ELSEWHERE)));
    await expectHonestGetInDuring(() => undefined);
    for (const client of clients) client.close();
  });

  it("gives one key no more connections than its limit, and one back for each that ends", async () => {
    notifier = await startNotifier(servers, { connectionsPerKeyMax: 2 });
    const alice = { keyId: "alice", secret: "alice" };
    const [first, second] = [notifier.connect(alice), notifier.connect(alice)];
    await Promise.all([event(first, "connect"), event(second, "connect")]);
    const error = (await event(notifier.connect(alice), "connect_error")) as Error & { data: { code: string } };
    expect(error.data.code).to.equal("TOO_MANY_SESSIONS");
    first.close();
    await until("one is gone", async () => (await notifier.metric("connections")) === 1);
    await event(notifier.connect(alice), "connect");
  });

  it("ends polling sessions that subscribe and never poll, and keeps nothing for them", async () => {
    notifier = await startNotifier(servers, { queueBytesMax: 262_144, partingTimeoutMs: 500 });
    const honest = notifier.connect();
    await ask(honest, "subscribe", { channel: "trades", asset: "BTC-USD" });
    const polling = `${notifier.url}/socket.io/?EIO=4&transport=polling`;
    for (const _ of range(1, 20)) {
      const { sid } = JSON.parse((await (await fetch(polling)).text()).slice(1));
      for (const body of ["40", '42["subscribe",{"channel":"trades","asset":"BTC-USD"}]'])
        await (await fetch(`${polling}&sid=${sid}`, { method: "POST", body })).text();
    }
    await until("all are subscribed", async () => (await notifier.metric('subscriptions{channel="trades"')) === 21);
    for (const batch of range(0, 4))
      await settlement.publish("BTC-USD", { trades: range(batch * 1_000 + 1, batch * 1_000 + 1_000).map(trade) });
    await until("they are gone", async () => (await notifier.metric("connections")) === 1);
    expect(await notifier.metric('kept_bytes{what="queues"')).to.equal(0);
    expect(honest.connected).to.equal(true);
  });
});
