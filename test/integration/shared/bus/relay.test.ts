import { expect } from "chai";
import { connect } from "nats";
import { type Bus, connectBus } from "../../../../src/shared/bus/bus.js";
import type { BusReader } from "../../../../src/shared/bus/reader.js";
import { type StreamSequence, streamSequence } from "../../../../src/shared/domain/units.js";
import { nowUs } from "../../../../src/shared/process/clock.js";
import { eventually, until } from "../../../support/eventually.js";
import { type NatsForTest, startNats } from "../../../support/nats.js";
import { serviceForTest } from "../../../support/service.js";

const SUBJECT = "commands.BTC-USD";

describe("messages handed on within a process", () => {
  let nats: NatsForTest;
  let bus: Bus;
  let elsewhere: Bus;
  let last: StreamSequence;
  let written: string[];
  let read: string[];

  beforeEach(async () => {
    nats = await startNats();
    bus = await connectBus(nats.url, { name: "test", log: serviceForTest("test").log });
    elsewhere = await connectBus(nats.url, { name: "elsewhere", log: serviceForTest("test").log });
    await bus.ensureStreams(1);
    last = streamSequence(0);
    written = [];
    read = [];
  });
  afterEach(async () => {
    await bus.close();
    await elsewhere.close();
    await nats.stop();
  });

  async function write(writer: "here" | "in another process"): Promise<void> {
    const follows = last;
    const data = Buffer.from(String(written.length + 1));
    const outcome = await (writer === "here" ? bus : elsewhere).publish(SUBJECT, data, {
      deadlineMs: 30_000,
      expectedLastSubjectSequence: follows,
    });
    if (outcome.kind !== "stored") throw new Error(JSON.stringify(outcome));
    written.push(data.toString());
    last = outcome.streamSequence;
    if (writer === "here") bus.handOn({ subject: SUBJECT, streamSequence: last, storedAtUs: nowUs(), follows, data });
    bus.passOn();
  }
  function reader(pendingMessagesMax = 64): BusReader {
    return bus.read({
      stream: "COMMANDS",
      subject: SUBJECT,
      afterSequence: streamSequence(0),
      pendingMessagesMax,
      onAvailable: () => undefined,
    });
  }
  const take = (from: BusReader) => read.push(...from.take(64).map(({ data }) => Buffer.from(data).toString()));
  const allRead = (from: BusReader) =>
    until("all that was written", () => {
      take(from);
      return read.length >= written.length;
    });
  it("are taken from there, and the server is not asked for them any more", async () => {
    const client = await connect({ servers: nats.url });
    const { streams } = await client.jetstreamManager();
    const input = reader();
    await eventually("the end of its consumer, while messages are handed on", async () => {
      for (let message = 1; message <= 10; message++) {
        await write("here");
        await allRead(input);
      }
      return (await streams.info("COMMANDS")).state.consumer_count === 0 ? true : null;
    });
    await client.close();
    expect(read).to.deep.equal(written);
  });

  it("are read from the server again where another process writes, none twice and none missing", async () => {
    const input = reader(8);
    const randoms = [7, 40, 1, 30, 3, 25, 12, 50];
    for (const [turn, count] of randoms.entries()) {
      for (let message = 1; message <= count; message++) {
        await write(turn % 2 === 1 ? "here" : "in another process");
        if (message % 3 === 0) take(input);
      }
    }
    await allRead(input);
    expect(read).to.deep.equal(written);
    await write("in another process"); // silence, not a gap, tells that somebody else writes now
    await allRead(input);
    expect(read).to.deep.equal(written);
  });

  it("of a server do not reach readers of another one", async () => {
    const other = await startNats();
    const strange = await connectBus(other.url, { name: "test", log: serviceForTest("test").log });
    await strange.ensureStreams(1);
    const input = strange.read({
      stream: "COMMANDS",
      subject: SUBJECT,
      afterSequence: streamSequence(0),
      pendingMessagesMax: 64,
      onAvailable: () => undefined,
    });
    for (let message = 1; message <= 30; message++) await write("here");
    expect(input.pendingMessages).to.equal(0);
    await strange.close();
    await other.stop();
  });
});
