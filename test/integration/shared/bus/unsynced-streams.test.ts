import { expect } from "chai";
import { connect, type JetStreamManager, type NatsConnection, StorageType } from "nats";
import { type Bus, connectBus } from "../../../../src/shared/bus/bus.js";
import { Fenced } from "../../../../src/shared/domain/errors.js";
import { FencedOutput } from "../../../../src/shared/stage/fenced-output.js";
import { type NatsForTest, startNats } from "../../../support/nats.js";
import { serviceForTest } from "../../../support/service.js";

describe("streams that can be rebuilt", () => {
  let nats: NatsForTest;
  let bus: Bus;
  let client: NatsConnection;
  let streams: JetStreamManager["streams"];
  const service = serviceForTest("test");

  beforeEach(async () => {
    nats = await startNats();
    bus = await connectBus(nats.url, { name: "test", log: service.log });
    client = await connect({ servers: nats.url });
    ({ streams } = await client.jetstreamManager());
  });
  afterEach(async () => {
    await bus.close();
    await client.close();
    await nats.stop();
  });

  const modeOf = async (stream: string) => {
    const { config } = await streams.info(stream);
    return (config as { persist_mode?: string }).persist_mode ?? "synced";
  };
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => null,
      (error: unknown) => error,
    );

  it("are not synced, and the order log is", async () => {
    await bus.ensureStreams(1);
    expect(await modeOf("ORDERS")).to.equal("synced");
    for (const stream of ["COMMANDS", "EXECUTIONS"]) expect(await modeOf(stream)).to.equal("async");
  });

  it("stay as they are where they were made before", async () => {
    await streams.add({ name: "COMMANDS", subjects: ["commands.*"], storage: StorageType.File });
    await bus.ensureStreams(1);
    await bus.ensureStreams(1);
    expect(await modeOf("COMMANDS")).to.equal("synced");
    expect((await streams.info("COMMANDS")).config.max_bytes).to.be.above(0, "all else follows");
  });

  it("that have lost their end send their writer back to its checkpoint; another writer ends it", async () => {
    await bus.ensureStreams(1);
    const output = new FencedOutput(bus, service, "order-processing", "BTC-USD");
    await output.open();
    await output.publish(Buffer.from("1"));
    await output.publish(Buffer.from("2"));
    const other = new FencedOutput(bus, service, "order-processing", "BTC-USD");
    await other.open();

    await streams.delete("COMMANDS");
    await bus.ensureStreams(1);
    const lost = await failure(output.publish(Buffer.from("3")));
    expect(lost).to.be.instanceOf(Error).and.not.instanceOf(Fenced);
    expect((lost as Error).message).to.contain("commands.BTC-USD ends at 0, but 2 was stored");

    await output.open();
    await output.publish(Buffer.from("2"));
    await output.publish(Buffer.from("3"));
    await output.publish(Buffer.from("4"));
    expect(await failure(other.publish(Buffer.from("3'")))).to.be.instanceOf(Fenced);
  });
});
