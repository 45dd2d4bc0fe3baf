import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import { type Bus, connectBus } from "../../../../src/shared/bus/bus.js";
import { STREAMS } from "../../../../src/shared/bus/subjects.js";
import { COPIES, NatsCluster } from "../../../../tools/chaos/nats-cluster.js";
import { eventually } from "../../../support/eventually.js";
import { serviceForTest } from "../../../support/service.js";

describe("the copies of a stream", () => {
  const folder = mkdtempSync(join(tmpdir(), "bourse-copies-"));
  let cluster: NatsCluster;
  let client: NatsConnection;
  let bus: Bus;

  before(async () => {
    cluster = await NatsCluster.start(folder, false);
    client = await connect({ servers: cluster.url.split(",") });
    bus = await connectBus(cluster.url, { name: "test", log: serviceForTest("test").log });
  });
  after(async () => {
    await bus?.close();
    await client?.close();
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function copies(): Promise<readonly number[]> {
    const { streams } = await client.jetstreamManager();
    return await Promise.all(Object.keys(STREAMS).map(async (name) => (await streams.info(name)).config.num_replicas));
  }
  const ofEach = (count: number) => Object.keys(STREAMS).map(() => count);

  it("stay as many where a process does not say how many there shall be", async () => {
    await eventually("a leader, and the streams", () =>
      bus.ensureStreams(COPIES).then(
        () => true,
        () => null,
      ),
    );
    await bus.ensureStreams(null);
    expect(await copies()).to.deep.equal(ofEach(COPIES));
  });

  it("are those of the order log where a stream is made anew", async () => {
    const { streams } = await client.jetstreamManager();
    await streams.delete("NOTIFICATIONS");
    await bus.ensureStreams(null);
    expect(await copies()).to.deep.equal(ofEach(COPIES));
  });
});
