import { expect } from "chai";
import { type Bus, connectBus } from "../../../../src/shared/bus/bus.js";
import type { BusReader, InputMessage } from "../../../../src/shared/bus/reader.js";
import type { StreamName } from "../../../../src/shared/bus/subjects.js";
import { DeadlineExceeded } from "../../../../src/shared/domain/errors.js";
import { type StreamSequence, streamSequence } from "../../../../src/shared/domain/units.js";
import { nowUs } from "../../../../src/shared/process/clock.js";
import { NatsAnswers } from "../../../../tools/chaos/nats-answers.js";
import { TcpProxy } from "../../../../tools/chaos/tcp-proxy.js";
import { eventually, until } from "../../../support/eventually.js";
import { type NatsForTest, startNats } from "../../../support/nats.js";
import { serviceForTest } from "../../../support/service.js";

const START = streamSequence(0);
const text = (message: InputMessage) => Buffer.from(message.data).toString();

describe("the bus", () => {
  let nats: NatsForTest;
  let bus: Bus;

  beforeEach(async () => {
    nats = await startNats();
    bus = await connectBus(nats.url, { name: "test", log: serviceForTest("test").log });
    await bus.ensureStreams(1);
  });
  afterEach(async () => {
    await bus.close();
    await nats.stop();
  });

  const publish = (
    subject: string,
    payload: string,
    options: { messageId?: string; expectedLastSubjectSequence?: StreamSequence } = {},
  ) => bus.publish(subject, Buffer.from(payload), { deadlineMs: 30_000, ...options });
  const read = (stream: StreamName, subject: string, pendingMessagesMax = 10): BusReader =>
    bus.read({ stream, subject, afterSequence: START, pendingMessagesMax, onAvailable: () => undefined });
  /** A connection, and what is warned of on it. */
  async function connectWatched(): Promise<{ reading: Bus; warnings: string[] }> {
    const warnings: string[] = [];
    const log = Object.assign(Object.create(serviceForTest("test").log), { child: () => log });
    log.warn = (_: object, message: string) => warnings.push(message);
    return { reading: await connectBus(nats.url, { name: "test", log }), warnings };
  }
  async function taken(reader: BusReader, count: number): Promise<string[]> {
    const messages: string[] = [];
    return await eventually(`${count} messages`, () => {
      messages.push(...reader.take(3).map(text));
      return messages.length >= count ? messages : null;
    });
  }

  it("stores, and answers the same message id with its first place", async () => {
    expect(await publish("orders.BTC-USD", "a", { messageId: "1" })).to.deep.equal({
      kind: "stored",
      streamSequence: 1,
      duplicate: false,
    });
    expect(await publish("orders.BTC-USD", "b")).to.deep.equal({ kind: "stored", streamSequence: 2, duplicate: false });
    expect(await publish("orders.BTC-USD", "a", { messageId: "1" })).to.deep.equal({
      kind: "stored",
      streamSequence: 1,
      duplicate: true,
    });
  });

  it("says when a message was stored, alike to readers and to who asks for it", async () => {
    const fromUs = nowUs();
    await publish("orders.BTC-USD", "a");
    const toUs = nowUs();
    const reader = read("ORDERS", "orders.BTC-USD");
    const message = await eventually("the message", () => reader.take(1)[0] ?? null);
    expect(message.storedAtUs).to.be.within(fromUs - 1_000, toUs + 1_000);
    expect((await bus.lastMessage("ORDERS", "orders.BTC-USD"))?.storedAtUs).to.equal(message.storedAtUs);
  });

  it("goes to another server of several when this one keeps the connection and stores nothing", async () => {
    let mute = -1;
    const used: number[] = [];
    const proxies = await Promise.all([0, 1].map(() => TcpProxy.open(Number(new URL(nats.url).port))));
    for (const [place, proxy] of proxies.entries())
      proxy.toClient = () => {
        used.push(place);
        return new NatsAnswers(({ payload }) => (place === mute && payload.includes('{"stream":') ? 0 : 1));
      };
    const url = proxies.map(({ port }) => `nats://127.0.0.1:${port}`).join(",");
    const ofTwo = await connectBus(url, { name: "test", log: serviceForTest("test").log });
    mute = used[0] ?? -1;
    const stored = async () => (await ofTwo.publish("orders.BTC-USD", Buffer.from("a"), { deadlineMs: 500 })).kind;
    await eventually("another server", async () => (await stored()) === "stored" || null, 10_000);
    expect(used.at(-1)).not.to.equal(mute);
    await ofTwo.close();
    for (const proxy of proxies) await proxy.close();
  });

  it("leaves no connection behind where it gives up", async () => {
    const sockets = () => process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length;
    const before = sockets();
    const proxy = await TcpProxy.open(Number(new URL(nats.url).port));
    // As where a cluster has no leader yet.
    proxy.toClient = () => new NatsAnswers(({ payload }) => (payload.includes("account_info_response") ? 0 : 1));
    const options = { name: "test", log: serviceForTest("test").log };
    const error = await connectBus(`nats://127.0.0.1:${proxy.port}`, options, 0).catch((cause: Error) => cause);
    expect(error).to.be.instanceOf(DeadlineExceeded);
    await eventually("the end of the connection", () => (sockets() === before ? true : null), 2_000);
    await proxy.close();
  });

  it("reads nothing more once it is closed, also for who asks for a reader only then", async () => {
    const before = read("ORDERS", "orders.BTC-USD");
    await bus.close();
    const after = read("ORDERS", "orders.BTC-USD");
    expect([before.isClosed, after.isClosed]).to.deep.equal([true, true]);
  });

  it("refuses a publish that does not follow the subject's last message", async () => {
    await publish("commands.BTC-USD", "a");
    await publish("commands.ETH-USD", "b");
    const late = await publish("commands.BTC-USD", "c", { expectedLastSubjectSequence: START });
    expect(late).to.include({ kind: "refused", errorCode: 10071 });
    expect(await publish("commands.BTC-USD", "c", { expectedLastSubjectSequence: streamSequence(1) })).to.include({
      kind: "stored",
    });
  });

  it("says unavailable where no stream listens, or nobody at all", async () => {
    expect(await publish("nowhere.BTC-USD", "a")).to.deep.equal({ kind: "unavailable" });
    await nats.kill9();
    await eventually("the loss is seen", () => (bus.isConnected() ? null : true));
    expect(await publish("orders.BTC-USD", "a")).to.deep.equal({ kind: "unavailable" });
  });

  it("says unknown when the server hangs, and when the connection breaks before the answer", async () => {
    nats.freeze();
    const hung = await bus.publish("orders.BTC-USD", Buffer.from("a"), { deadlineMs: 200 });
    const waiting = bus.publish("orders.BTC-USD", Buffer.from("b"), { deadlineMs: 10_000 });
    await nats.kill9();
    expect([hung, await waiting]).to.deep.equal([{ kind: "unknown" }, { kind: "unknown" }]);
  });

  it("reads an asset's messages in order, however few it may hold", async () => {
    const expected = Array.from({ length: 25 }, (_, index) => `message ${index}`);
    for (const payload of expected) {
      await publish("orders.BTC-USD", payload);
      await publish("orders.ETH-USD", "another asset's");
    }
    expect(await taken(read("ORDERS", "orders.BTC-USD", 2), 25)).to.deep.equal(expected);
  });

  it("hands out no more bytes at once than asked for, and a message at least", async () => {
    for (const payload of ["1111", "2222", "3333"]) await publish("orders.BTC-USD", payload);
    const reader = read("ORDERS", "orders.BTC-USD");
    await until("all have come", () => reader.pendingMessages === 3);
    expect(reader.take(10, 5).map(text)).to.deep.equal(["1111", "2222"]);
    expect(reader.take(10, 1).map(text)).to.deep.equal(["3333"]);
  });

  it("holds no more bytes than it may, and reads on without starting anew when they are taken", async () => {
    const [bytes, pendingBytesMax] = [64 * 1024, 1024 * 1024];
    const expected = Array.from({ length: 64 }, (_, index) => String(index).padStart(bytes, "."));
    for (const payload of expected) await publish("orders.BTC-USD", payload);
    const { reading, warnings } = await connectWatched();
    const from = { stream: "ORDERS", subject: "orders.BTC-USD", afterSequence: START } as const;
    const limits = { pendingMessagesMax: 1_024, pendingBytesMax };
    const reader = reading.read({ ...from, ...limits, onAvailable: () => undefined });
    let fullest = 0;
    const messages: string[] = [];
    await until("all are read, slower than they come", () => {
      fullest = Math.max(fullest, reader.fill);
      messages.push(...reader.take(1).map(text));
      return messages.length === expected.length;
    });
    expect(messages).to.deep.equal(expected);
    expect(fullest).to.be.within(0.5, 1);
    expect(warnings).to.deep.equal([]);
    await reading.close();
  });

  it("goes on without starting anew when a pull is served to its last message", async () => {
    const { reading, warnings } = await connectWatched();
    const from = { stream: "ORDERS", subject: "orders.BTC-USD", afterSequence: START } as const;
    const reader = reading.read({ ...from, pendingMessagesMax: 4, onAvailable: () => undefined });
    const expected = Array.from({ length: 40 }, (_, index) => String(index));
    for (const payload of expected) {
      await publish("orders.BTC-USD", payload);
      expect(await taken(reader, 1)).to.deep.equal([payload]);
    }
    expect(warnings).to.deep.equal([]);
    await reading.close();
  });

  it("goes on reading where it was when the server was killed and came back", async () => {
    const reader = read("ORDERS", "orders.BTC-USD");
    await publish("orders.BTC-USD", "before");
    expect(await taken(reader, 1)).to.deep.equal(["before"]);
    await nats.kill9();
    await nats.restart();
    await until("the bus is back", () => bus.isConnected());
    await publish("orders.BTC-USD", "after");
    expect(await taken(reader, 1)).to.deep.equal(["after"]);
  });

  it("reads a stream in memory from its start when the server that was killed has made it anew", async () => {
    const reader = read("NOTIFICATIONS", "notifications.>");
    for (const payload of ["1", "2", "3"]) await publish("notifications.BTC-USD", payload);
    expect(await taken(reader, 3)).to.deep.equal(["1", "2", "3"]);
    await nats.kill9();
    await nats.restart();
    await until("the bus is back", () => bus.isConnected());
    await bus.ensureStreams(1);
    await publish("notifications.BTC-USD", "4");
    expect(await taken(reader, 1)).to.deep.equal(["4"]);
  });

  it("asks what it was asked while the server was away as soon as it is back", async () => {
    await publish("orders.BTC-USD", "a");
    await nats.kill9();
    await eventually("the connection to break", () => (bus.isConnected() ? null : true));
    const last = bus.lastMessage("ORDERS", "orders.BTC-USD");
    await nats.restart();
    expect((await last)?.streamSequence).to.equal(1);
  });

  it("gives up what it asked when the connection breaks", async () => {
    nats.freeze();
    const answer = bus.lastMessage("ORDERS", "orders.BTC-USD").catch((error: Error) => error.message);
    await nats.kill9();
    expect(await answer).to.contain("broke before the answer");
  });

  it("finds the last message of a subject, and none where there is none", async () => {
    expect(await bus.lastMessage("EXECUTIONS", "executions.BTC-USD")).to.equal(null);
    await publish("executions.BTC-USD", "first");
    await publish("executions.BTC-USD", "last");
    await publish("executions.ETH-USD", "another");
    const last = await bus.lastMessage("EXECUTIONS", "executions.BTC-USD");
    expect(last === null ? null : [text(last), last.streamSequence]).to.deep.equal(["last", 2]);
  });
});
