/** One order's way, as operators see it (src/operator/trace.ts), of orders that went through real stages. */
import { expect } from "chai";
import { type Step, stepsOf } from "../../../src/operator/trace.js";
import { readOrder } from "../../../src/operator/trace-readings.js";
import { subjectOf } from "../../../src/shared/bus/subjects.js";
import { type OrderId, orderId } from "../../../src/shared/domain/units.js";
import { RefusedToOperator } from "../../../src/shared/operators/refused.js";
import { eventually } from "../../support/eventually.js";
import { serviceForTest } from "../../support/service.js";
import { ANN, BOB, buy, PipelineUnderTest, request, sell } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";
const ARRIVAL = ["received", "on disk", "decided", "logged", "handed over", "matched", "settled", "published"];
/** A process's clock and a server's agree to a millisecond or so. */
const CLOCKS_APART_US = 2_000;

describe("the way of an order", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
  });
  afterEach(() => pipeline.stop());

  async function trace(id: OrderId, asset = ASSET): Promise<Step[]> {
    const servers = { natsUrl: pipeline.nats.url, databaseUrl: pipeline.databaseUrl };
    return stepsOf(await readOrder(servers, asset, id, serviceForTest("operator").log));
  }
  const sources = (steps: readonly Step[]) => Object.fromEntries(steps.map(({ step, source }) => [step, source]));
  const known = (steps: readonly Step[]) => steps.filter(({ atUs }) => atUs !== null).map(({ step }) => step);
  const published = (id: OrderId) =>
    eventually("the notification", async () => {
      const steps = await trace(id);
      return known(steps).includes("published") ? steps : null;
    });
  const refusal = (work: Promise<unknown>) =>
    work.then(String, (error: Error) => {
      expect(error).to.be.instanceOf(RefusedToOperator);
      return error.message;
    });

  it("has a time for each step, none before the one before, among the messages of others", async () => {
    await pipeline.startAll();
    const ids: OrderId[] = [];
    for (let time = 0; time < 12; time++) {
      await pipeline.log("ETH-USD", buy(ANN, 1, 1_000 + time));
      ids.push(...(await pipeline.log(ASSET, buy(ANN, 1, 10 + time), buy(BOB, 1, 10 + time, `bob-${time}`))));
    }
    await published(ids.at(-1) as OrderId);
    for (const [place, id] of ids.entries()) {
      const steps = await trace(id);
      expect(steps.map(({ step }) => step)).to.deep.equal(ARRIVAL);
      const timesUs = steps.map(({ atUs }) => atUs ?? 0);
      for (const [step, atUs] of timesUs.entries())
        expect(atUs, steps[step]?.step).to.be.at.least((timesUs[step - 1] ?? 0) - CLOCKS_APART_US);
      expect(sources(steps)["received"]).to.equal(`order_log, command ${place + 1}`);
      expect(sources(steps)["on disk"]).to.equal(`ORDERS, message ${Math.floor(id / 256)}`);
      expect(sources(steps)["settled"]).to.match(/accepted, event \d+$/);
    }
  });

  it("ends with a line for each later report, and for a refused one with its refusal", async () => {
    await pipeline.startAll();
    const [maker] = await pipeline.log(ASSET, sell(ANN, 5, 100, "once"));
    await pipeline.log(ASSET, buy(BOB, 2, 100), request(ANN, { kind: "cancel_all", side: null }));
    await pipeline.rowsOnce(3, "select 1 from execution_reports where order_id = $1", maker);
    const steps = await trace(maker as OrderId);
    expect(steps.map(({ step }) => step)).to.deep.equal([...ARRIVAL, "trade", "canceled"]);
    expect(steps.at(-2)?.source).to.match(/trade 1$/);
    const [again] = await pipeline.log(ASSET, sell(ANN, 5, 100, "once"));
    await pipeline.rowsOnce(1, "select 1 from execution_reports where order_id = $1", again);
    expect(sources(await trace(again as OrderId))["settled"]).to.match(/rejected/);
  });

  it("says of each step whether it is not there yet", async () => {
    const [id] = (await pipeline.log(ASSET, buy(ANN, 1, 10))) as [OrderId];
    expect(known(await trace(id))).to.deep.equal(["received", "on disk"]);
    await pipeline.start("order-processing");
    const stored = await eventually("the command", async () => {
      const steps = await trace(id);
      return known(steps).includes("handed over") ? steps : null;
    });
    expect(known(stored)).to.deep.equal(["received", "on disk", "decided", "logged", "handed over"]);
    for (const step of ["matched", "settled", "published"]) expect(sources(stored)[step]).to.match(/not yet$/);
    await pipeline.start("matching-engine");
    await eventually("the events", async () => (known(await trace(id)).includes("matched") ? true : null));
  });

  it("says of each step whose message is gone that it is, and never takes another for it", async () => {
    await pipeline.startAll();
    const [id] = (await pipeline.log(ASSET, buy(ANN, 1, 10))) as [OrderId];
    await published(id);
    const [next] = (await pipeline.log(ASSET, buy(ANN, 1, 11))) as [OrderId];
    await published(next);
    for (const stream of ["ORDERS", "COMMANDS", "EXECUTIONS", "NOTIFICATIONS"] as const) {
      const last = await pipeline.bus.lastMessage(stream, subjectOf(stream, ASSET));
      await pipeline.bus.purge(stream, subjectOf(stream, ASSET), last?.streamSequence ?? 0);
    }
    const steps = await trace(id);
    expect(known(steps)).to.deep.equal(["received", "decided", "logged", "settled"]);
    for (const step of ["on disk", "handed over", "matched"])
      expect(sources(steps)[step]).to.match(/not there any more$/);
    expect(sources(steps)["published"]).to.match(/^NOTIFICATIONS, not there/);
    expect(known(await trace(next))).to.deep.equal(ARRIVAL);
  });

  it("is refused in one line for what is no order", async () => {
    await pipeline.startAll();
    const [id, cancel] = (await pipeline.log(
      ASSET,
      buy(ANN, 1, 10),
      request(ANN, { kind: "cancel_all", side: null }),
    )) as [OrderId, OrderId];
    await published(id);
    expect(await refusal(trace(cancel))).to.equal(`${cancel} of ${ASSET} is no order, but a cancel_all`);
    for (const nothing of [1, cancel + 1, cancel + 256_000])
      expect(await refusal(trace(orderId(nothing)))).to.match(/^there is no order \d+ of BTC-USD; its ACK/);
    expect(await refusal(trace(id, "ETH-USD"))).to.match(/^there is no order/);
    expect(await refusal(trace(id, "*"))).to.match(/^there is no asset \*; there are BTC-USD, /);
  });
});
