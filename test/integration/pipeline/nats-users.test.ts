import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import type { NatsUser } from "../../../src/launcher/nats-users.js";
import { SnapshotStore } from "../../../src/matching-engine/snapshot-store.js";
import { stepsOf } from "../../../src/operator/trace.js";
import { readOrder } from "../../../src/operator/trace-readings.js";
import { type Bus, connectBus } from "../../../src/shared/bus/bus.js";
import { putReplayHorizon, readReplayHorizon } from "../../../src/shared/bus/replay-horizon.js";
import { readStreamUsage } from "../../../src/shared/bus/stream-metrics.js";
import { STREAMS } from "../../../src/shared/bus/subjects.js";
import { orderId, streamSequence } from "../../../src/shared/domain/units.js";
import { AssetLeases } from "../../../src/shared/leases/leases.js";
import { SERVICES } from "../../../src/shared/process/services.js";
import { readNats } from "../../../src/shared/status/status-readings.js";
import { encodeOrderBatch } from "../../../src/shared/wire/pipeline-codec.js";
import { eventually, until } from "../../support/eventually.js";
import { startNatsWithUsers } from "../../support/nats.js";
import { asRole } from "../../support/postgres.js";
import { serviceForTest } from "../../support/service.js";
import { ANN, BOB, buy, PipelineUnderTest, STAGES, sell } from "./pipeline-under-test.js";

/** What else there is to publish, and who may. */
const SUBJECTS: readonly [string, ...NatsUser[]][] = [
  ["orders.BTC-USD", "order-handler", "gateway"],
  ["commands.BTC-USD", "order-processing"],
  ["executions.BTC-USD", "matching-engine"],
  ["snapshots.BTC-USD.x", "matching-engine"],
  ["notifications.BTC-USD", "trade-processing"],
  ["depth.BTC-USD", "matching-engine"],
  ["depth-requests.BTC-USD", "market-data-notifier", "gateway"],
  ["dead-letters.order-processing", "order-processing"],
  ["dead-letters.matching-engine", "matching-engine"],
  ["dead-letters.trade-processing", "trade-processing"],
  ["$KV.horizons.BTC-USD", "matching-engine"],
  ["$KV.leases.order-processing.x", "order-processing"],
  ["$KV.leases.matching-engine.x", "matching-engine"],
  ["$KV.leases.trade-processing.x", "trade-processing"],
  ["_INBOX.order-handler.x"],
  ["$JS.API.STREAM.UPDATE.ORDERS"],
  ["$JS.API.STREAM.DELETE.ORDERS"],
  ["$JS.API.STREAM.PURGE.ORDERS", "order-processing"],
  ["$JS.API.STREAM.PURGE.NOTIFICATIONS"],
  ["$JS.API.STREAM.MSG.DELETE.ORDERS"],
  ["$JS.API.STREAM.PURGE.SNAPSHOTS", "matching-engine"],
  ["$JS.API.STREAM.CREATE.MINE"],
  ["$JS.API.CONSUMER.CREATE.ORDERS.x", "order-processing"],
  ["$JS.API.CONSUMER.CREATE.NOTIFICATIONS.x", "market-data-notifier", "gateway"],
  ["$JS.API.CONSUMER.CREATE.DEPTH.x", "market-data-notifier", "gateway"],
  ["$JS.API.STREAM.MSG.GET.ORDERS", "order-processing", "gateway", "operator"],
  ["$JS.API.STREAM.MSG.GET.NOTIFICATIONS", "gateway", "operator"],
  ["$JS.API.DIRECT.GET.ORDERS", "operator"],
  ["$JS.API.DIRECT.GET.NOTIFICATIONS", "operator"],
  ["$JS.API.DIRECT.GET.DEAD_LETTERS"],
  ["$JS.API.STREAM.MSG.GET.SNAPSHOTS", "matching-engine", "reconciliation"],
  ["$JS.API.STREAM.MSG.GET.DEAD_LETTERS", "back-office"],
  ["$SYS.REQ.SERVER.PING"],
];
const USERS: NatsUser[] = [...SERVICES, "operator"];

describe("the users of NATS", () => {
  let pipeline: PipelineUnderTest;
  const open: { close(): Promise<unknown> }[] = [];

  before(async () => {
    const nats = await startNatsWithUsers();
    const unused = async () => undefined;
    const standIn = { ...nats, kill9: unused, restart: unused, freeze: () => undefined, thaw: () => undefined };
    pipeline = await PipelineUnderTest.create(undefined, standIn);
  });
  after(async () => {
    for (const connection of open) await connection.close();
    await pipeline.stop();
  });

  async function busOf(name: NatsUser): Promise<Bus> {
    const bus = await connectBus(urlOf(name), { name, log: serviceForTest(name).log });
    open.push(bus);
    await bus.ensureStreams(1);
    return bus;
  }
  async function connectionOf(user: NatsUser): Promise<NatsConnection> {
    const connection = await connect({ servers: new URL(urlOf(user)).host, user, pass: new URL(urlOf(user)).password });
    open.push(connection);
    return connection;
  }
  const urlOf = (user: NatsUser) => pipeline.nats.urlOf?.(user) ?? "";

  it("let each service do its work, from an order to its notification", async () => {
    await pipeline.startAll();
    const handler = await busOf("order-handler");
    const notifier = await busOf("market-data-notifier");
    const reader = notifier.read({
      stream: "NOTIFICATIONS",
      subject: "notifications.BTC-USD",
      afterSequence: (await notifier.streamBounds("NOTIFICATIONS")).last,
      pendingMessagesMax: 8,
      onAvailable: () => undefined,
    });
    const orders = encodeOrderBatch([sell(ANN, 5, 100), buy(BOB, 5, 100)]);
    expect(await handler.publish("orders.BTC-USD", orders, { deadlineMs: 30_000 })).to.include({ kind: "stored" });
    expect(await pipeline.rowsOnce(1, "select * from trades")).to.have.length(1);
    await eventually("a notification", () => reader.take(1)[0]);
    for (const stage of STAGES) await pipeline.restart(stage);
    await handler.publish("orders.BTC-USD", orders, { deadlineMs: 30_000 });
    expect(await pipeline.rowsOnce(2, "select * from trades")).to.have.length(2);
  });

  it("let the engine keep snapshots, and the stages share their assets", async () => {
    const bus = await busOf("matching-engine");
    const store = new SnapshotStore(bus);
    const places = { commandsThrough: streamSequence(1), executionsThrough: streamSequence(1), takenAtMs: 1 };
    const stored = await store.store({
      asset: "ETH-USD",
      commandSequence: 1,
      rulesVersion: 1,
      bytes: new Uint8Array(9),
      ...places,
    });
    expect(await store.list("ETH-USD")).to.deep.equal([stored]);
    await store.load(stored, { asset: "ETH-USD" } as never).catch((error: Error) => {
      // It is no engine, but all of its bytes were read.
      expect(error.name).to.equal("CodecError");
      expect(error.message).to.not.contain("missing");
    });
    await store.remove(stored);
    expect(await store.list("ETH-USD")).to.deep.equal([]);
    for (const service of STAGES) {
      const leases = new AssetLeases(await busOf(service), serviceForTest(service), {
        service,
        instance: "one",
        assets: ["ETH-USD"],
      });
      await leases.join();
      await until("the asset", () => leases.assets().has("ETH-USD"));
      await leases.leave();
    }
  });

  it("let order-processing trim what the engine does not need any more", async () => {
    const [engine, processing] = [await busOf("matching-engine"), await busOf("order-processing")];
    const horizon = { commandsThrough: streamSequence(1), executionsThrough: streamSequence(1) };
    await putReplayHorizon(engine, "ETH-USD", horizon);
    expect(await readReplayHorizon(processing, "ETH-USD")).to.deep.equal(horizon);
    for (const stream of ["ORDERS", "COMMANDS", "EXECUTIONS"] as const)
      await processing.purge(stream, `${STREAMS[stream].prefix}.ETH-USD`, 1);
  });

  it("let operators look how it is", async () => {
    const { matched, holders, streams } = await readNats(urlOf("operator"), serviceForTest("operator").log);
    expect(matched["BTC-USD"]).to.equal(4);
    expect(holders).to.be.an("array");
    expect(streams.map(({ stream }) => stream)).to.have.members(Object.keys(STREAMS));
  });

  it("let reconciliation show how full every stream is", async () => {
    const bus = await connectBus(urlOf("reconciliation"), { name: "reconciliation", log: serviceForTest("test").log });
    expect(await readStreamUsage(bus)).to.have.length(Object.keys(STREAMS).length);
    await bus.close();
  });

  it("let the desk look how it is", async () => {
    const { streams } = await readNats(urlOf("back-office"), serviceForTest("operator").log, "back-office");
    expect(streams).to.have.length.above(5);
  });

  it("let operators see where an order was", async () => {
    const [row] = await pipeline.rows("select log_id from order_log where asset = 'BTC-USD' order by log_id limit 1");
    const servers = { natsUrl: urlOf("operator"), databaseUrl: asRole(pipeline.databaseUrl, "bourse_operator") };
    const { log } = serviceForTest("operator");
    const readings = await readOrder(servers, "BTC-USD", orderId(row?.["log_id"] as number), log);
    expect(stepsOf(readings).filter(({ atUs }) => atUs === null)).to.deep.equal([]);
  });

  it("let services start where an operator has changed a stream, and leave it so", async () => {
    const { streams } = await (await connectionOf("bourse")).jetstreamManager();
    const maxBytes = 12_345_678;
    const before = (await streams.info("COMMANDS")).config.max_bytes;
    await streams.update("COMMANDS", { max_bytes: maxBytes });
    for (const service of [...STAGES, "order-handler", "gateway", "market-data-notifier"] as const)
      await busOf(service);
    expect((await streams.info("COMMANDS")).config.max_bytes).to.equal(maxBytes);
    await streams.update("COMMANDS", { max_bytes: before });
  });

  it("let trace-export read the messages that carried an order, from any copy", async () => {
    const bus = await connectBus(urlOf("operator"), { name: "operator", log: serviceForTest("test").log });
    open.push(bus);
    for (const stream of ["ORDERS", "COMMANDS", "EXECUTIONS", "NOTIFICATIONS"] as const) {
      const subject = `${STREAMS[stream].prefix}.BTC-USD`;
      expect(await bus.anyCopy.nextMessage(stream, subject, streamSequence(0)), stream).to.include({ subject });
    }
  });

  it("let nobody publish what is another's, change a stream, or listen to others", async () => {
    const admin = await connectionOf("bourse");
    for (const user of USERS) {
      const connection = await connectionOf(user);
      for (const [subject, ...owners] of SUBJECTS) {
        let arrived = 0;
        // What JetStream answers can't be seen here; what arrives at the server's subject can.
        const subscription = admin.subscribe(subject, { callback: () => arrived++ });
        await admin.flush();
        connection.publish(subject, "");
        await connection.flush();
        await admin.flush();
        subscription.unsubscribe();
        expect(arrived, `${user} publishes ${subject}`).to.equal(owners.includes(user) ? 1 : 0);
      }
      let heard = 0;
      for (const subject of [">", "orders.*", "_INBOX.>", "$JS.API.>"])
        connection.subscribe(subject, { callback: (error) => (error === null ? heard++ : 0) });
      await connection.flush();
      admin.publish("orders.SOL-USDC", "");
      admin.publish("_INBOX.somebody.x", "");
      await admin.flush();
      await connection.flush();
      expect(heard, `${user} listens`).to.equal(0);
    }
  });

  it("let nobody in without a password", async () => {
    const { host } = new URL(urlOf("bourse"));
    const refused = await connect({ servers: host, reconnect: false }).catch((error: Error) => error.message);
    expect(refused).to.match(/authorization violation/i);
  });

  it("may have passwords that begin with a digit", async () => {
    const { host } = new URL(urlOf("bourse"));
    const { log } = serviceForTest("stranger");
    const refused = await connectBus(`nats://bourse:1secret@${host}`, { name: "stranger", log }, 1).catch(
      ({ cause }: Error) => String(cause),
    );
    expect(refused).to.match(/authorization violation/i);
  });

  it("know every stream", () => {
    expect(SUBJECTS.map(([subject]) => subject)).to.satisfy((subjects: string[]) =>
      Object.values(STREAMS).every(({ prefix }) => subjects.some((subject) => subject.startsWith(prefix))),
    );
  });
});
