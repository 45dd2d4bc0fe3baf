import { join } from "node:path";
import { expect } from "chai";
import { stepsOf } from "../../../src/operator/trace.js";
import { readOrder } from "../../../src/operator/trace-readings.js";
import { type Bus, connectBus } from "../../../src/shared/bus/bus.js";
import { connectDatabase, type Database } from "../../../src/shared/database/database.js";
import type { OrderId } from "../../../src/shared/domain/units.js";
import { HOPS } from "../../../src/shared/order-way/order-way.js";
import { Collector } from "../../../src/trace-export/collector.js";
import { PositionFile } from "../../../src/trace-export/position-file.js";
import { SampleStore } from "../../../src/trace-export/sample-store.js";
import { sampledIn, samplingThreshold } from "../../../src/trace-export/sampling.js";
import { TraceExport } from "../../../src/trace-export/service.js";
import { eventually, until } from "../../support/eventually.js";
import { OtlpReceiver } from "../../support/otlp-receiver.js";
import { asRole } from "../../support/postgres.js";
import { type ServiceForTest, serviceForTest } from "../../support/service.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { ANN, BOB, buy, PipelineUnderTest } from "../pipeline/pipeline-under-test.js";

const ASSET = "BTC-USD";
const ROUND_MS = 30;

describe("trace export", () => {
  let pipeline: PipelineUnderTest;
  let receiver: OtlpReceiver;
  let bus: Bus;
  let database: Database;
  let positions: string;
  const exports: ServiceForTest[] = [];

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
    receiver = await OtlpReceiver.open();
    const { log } = serviceForTest("trace-export");
    bus = await connectBus(pipeline.nats.url, { name: "operator", log });
    const url = asRole(pipeline.databaseUrl, "bourse_operator");
    database = await connectDatabase(url, { applicationName: "trace-export", log });
    positions = join(temporaryFolder(), "positions.json");
    await pipeline.startAll();
  });
  afterEach(async () => {
    for (const service of exports.splice(0)) await service.stop();
    await bus.close();
    await database.close();
    await receiver.close();
    await pipeline.stop();
  });

  function start(samplePercent: number): ServiceForTest {
    const service = serviceForTest("trace-export");
    const collector = new Collector(`${receiver.url}/v1/traces`);
    const store = new SampleStore(database);
    const threshold = samplingThreshold(samplePercent);
    const parts = { store, threshold, bus, collector, file: new PositionFile(positions), roundMs: ROUND_MS };
    const loop = new TraceExport(service, parts).run();
    service.onStop("loop", () => loop);
    service.onStop("collector", () => collector.close());
    exports.push(service);
    return service;
  }

  /** From the first command on. */
  const fromTheStart = () => new PositionFile(positions).write(new Map([ASSET, "ETH-USD"].map((asset) => [asset, 0])));
  const settled = (id: OrderId) =>
    pipeline.rowsOnce(1, "select 1 from execution_reports where order_id = $1 limit 1", id);
  const counted = async (service: ServiceForTest, outcome: string) =>
    Number(new RegExp(`outcome="${outcome}"[^}]*} (\\d+)`).exec(await service.metrics.text())?.[1]);

  /** Its spans by name; undefined: none has come. */
  const traceOf = (id: OrderId) =>
    [...receiver.traces().values()].find((spans) => {
      const { attributes } = spans.get(`order ${ASSET}`) ?? {};
      return attributes?.["bourse.order_id"] === id;
    });
  const hasCome = (id: OrderId) => traceOf(id) !== undefined;

  async function logOrders(count: number): Promise<OrderId[]> {
    const ids: OrderId[] = [];
    for (let time = 0; time < count / 2; time++) {
      ids.push(...(await pipeline.log(ASSET, buy(ANN, 1, 10 + time), buy(BOB, 1, 10 + time))));
      if (time % 3 === 0) await pipeline.log("ETH-USD", buy(ANN, 1, 1_000 + time));
    }
    await settled(ids.at(-1) as OrderId);
    return ids;
  }

  it("tells each hop of an order as npm run trace does, by the service that did it", async () => {
    fromTheStart();
    const ids = await logOrders(12);
    start(100);
    await until("all traces", () => ids.every((id) => hasCome(id)));
    for (const id of ids) {
      const spans = traceOf(id);
      const servers = { natsUrl: pipeline.nats.url, databaseUrl: pipeline.databaseUrl };
      const steps = stepsOf(await readOrder(servers, ASSET, id, serviceForTest("operator").log));
      const stamps = new Map(steps.map(({ step, atUs }) => [step, atUs ?? 0]));
      let sinceUs = stamps.get("received") ?? 0;
      const order = spans?.get(`order ${ASSET}`);
      expect(order).to.include({ startUs: sinceUs, parentSpanId: null, service: "bourse" });
      expect(order?.attributes).to.include({ "bourse.order_id": id, "bourse.outcome": "accepted" });
      for (const { reaches, by } of HOPS) {
        const endUs = Math.max(sinceUs, stamps.get(reaches) ?? 0);
        const span = spans?.get(reaches);
        expect(span, reaches).to.include({ startUs: sinceUs, endUs, service: by, parentSpanId: order?.spanId });
        sinceUs = endUs;
      }
      expect(order?.endUs).to.equal(sinceUs);
    }
  });

  it("goes on where it was, and what it sends again has the same ids", async () => {
    fromTheStart();
    const ids = await logOrders(6);
    const first = start(100);
    await until("all traces", () => ids.every((id) => hasCome(id)));
    await first.stop();
    const sent = receiver.spans.splice(0).map(({ spanId }) => spanId);
    const [next] = await pipeline.log(ASSET, buy(ANN, 1, 99));
    await settled(next as OrderId);
    const second = start(100);
    await until("the next trace", () => hasCome(next as OrderId));
    await second.stop();
    expect([...receiver.traces().values()]).to.deep.equal([traceOf(next as OrderId)]);
    fromTheStart();
    start(100);
    await until("all traces again", () => ids.every((id) => hasCome(id)));
    expect(receiver.spans.map(({ spanId }) => spanId)).to.include.members(sent);
  });

  it("sends the sampled orders alone, as many of them as the share says", async () => {
    fromTheStart();
    const ids = await logOrders(40);
    const rows = await pipeline.rows("select log_id, command_sequence from order_log where asset = $1", ASSET);
    const places = new Map(rows.map((row) => [row["command_sequence"] as number, row["log_id"] as OrderId]));
    const window = { asset: ASSET, after: 0, through: Math.max(...places.keys()) };
    const wanted = sampledIn(window, samplingThreshold(30), rows.length).map(
      (command) => places.get(command) as OrderId,
    );
    expect(wanted.length).to.be.within(3, 25);
    start(30);
    await until("the sampled traces", () => wanted.every(hasCome));
    expect(ids.filter((id) => !wanted.includes(id)).filter(hasCome)).to.deep.equal([]);
  });

  it("finds orders in whatever day they were written, and each in its place", async () => {
    await pipeline.log(ASSET, { ...buy(ANN, 1, 1), body: { kind: "cancel_all", side: null } });
    const ids = await logOrders(4);
    const store = new SampleStore(database);
    const { through, day } = await store.settled();
    const places = Array.from({ length: through.get(ASSET) ?? 0 }, (_, at) => ({ asset: ASSET, command: at + 1 }));
    for (const writingDay of [day, "2001-01-01", null])
      expect((await store.ordersAt(places, writingDay)).map(({ orderId }) => orderId)).to.deep.equal(ids);
  });

  it("drops and counts what the collector does not take, and goes on with what comes", async () => {
    fromTheStart();
    receiver.refuses = true;
    const ids = await logOrders(4);
    const service = start(100);
    await eventually("the dropped ones", async () => ((await counted(service, "dropped")) >= ids.length ? true : null));
    receiver.refuses = false;
    const [next] = await pipeline.log(ASSET, buy(ANN, 1, 99));
    await until("the next trace", () => hasCome(next as OrderId));
    await until("it is counted", async () => (await counted(service, "exported")) === 1);
    for (const id of ids) expect(hasCome(id)).to.equal(false);
  });

  it("begins with what comes where it was never before", async () => {
    const ids = await logOrders(4);
    const service = start(100);
    await eventually("its first look", async () =>
      /trace_export_behind_commands{asset="BTC-USD"/.test(await service.metrics.text()) ? true : null,
    );
    const [next] = await pipeline.log(ASSET, buy(ANN, 1, 99));
    await until("the next trace", () => hasCome(next as OrderId));
    for (const id of ids) expect(hasCome(id)).to.equal(false);
  });
});
