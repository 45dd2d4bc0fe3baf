import { expect } from "chai";
import { streamSequence } from "../../../src/shared/domain/units.js";
import { putDeadLetter } from "../../../src/shared/stage/dead-letters.js";
import { eventually } from "../../support/eventually.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "../pipeline/pipeline-under-test.js";
import { type DeskUnderTest, startDesk } from "./desk-under-test.js";

const WHY = "a test";

describe("the desk of a pipeline that runs", () => {
  let pipeline: PipelineUnderTest;
  let desk: DeskUnderTest;

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    desk = await startDesk({ databaseUrl: pipeline.databaseUrl, natsUrl: pipeline.nats.url });
    await pipeline.startAll();
  });
  after(async () => {
    await desk.stop();
    await pipeline.stop();
  });

  /** Those of the accounts that have any. */
  const openOrders = async (account: string) => (await desk.ask("GET", `/api/accounts/${account}`)).json.openOrders;
  const openOnce = (account: string, count: number) =>
    eventually(`${count} open orders of ${account}`, async () => {
      const orders = await openOrders(account);
      return orders.length === count ? orders : null;
    });
  const stateOf = async (asset: string) =>
    (await desk.ask("GET", "/api/assets")).json.assets.find((one: { asset: string }) => one.asset === asset).state;
  const stateOnce = (asset: string, state: string) =>
    eventually(`${asset} to be ${state}`, async () => (await stateOf(asset)) === state || null);
  const open = async () => {
    await desk.ask("POST", "/api/assets/all/state", { state: "open", why: WHY });
    await desk.ask("POST", "/api/everybody/resume", { why: WHY });
    const followed = `select 1 from order_log where action_id =
      (select max(action_id) from actions where kind = 'set_asset_state')`;
    await pipeline.rowsOnce(pipeline.registry.assets.size, followed);
  };

  it("shows an account's orders and trades as they were", async () => {
    await pipeline.log("BTC-USD", sell(ANN, 5, 100), buy(BOB, 2, 100));
    const [order] = await openOnce("ann", 1);
    expect(order).to.include({ asset: "BTC-USD", side: "sell", status: "partially_filled" });
    const { json } = await desk.ask("GET", "/api/accounts/bob/trades");
    expect(json.trades[0]).to.include({ event: "trade", liquidity: "taker" });
    expect((await desk.ask("GET", "/api/accounts/bob/orders")).json.orders[0]).to.include({ status: "filled" });
  });

  it("says how the pipeline is doing, and what is wrong with it", async () => {
    const { json } = await desk.ask("GET", "/api/health");
    const asset = json.readings.assets.find((one: { asset: string }) => one.asset === "BTC-USD");
    expect(asset).to.include({ state: "open", logged: asset.settled });
    expect(json.readings.nats.matched["BTC-USD"]).to.equal(asset.logged);
    expect(json.readings.nats.streams.length).to.be.above(5);
    // No service has its admin port here.
    expect(json.problems.map(({ what }: { what: string }) => what)).to.include(
      "order-handler does not answer at http://127.0.0.1:1",
    );
  });

  it("winds an asset down: no new orders, resting ones kept, then it halts", async () => {
    await desk.ask("POST", "/api/wind-downs", { asset: "BTC-USD", orders: "keep", why: WHY });
    await stateOnce("BTC-USD", "halted");
    expect(await openOrders("ann")).to.have.length(1);
    const [ended] = (await desk.ask("GET", "/api/wind-downs")).json.windDowns;
    expect(ended).to.include({ asset: "BTC-USD", orders: "keep", outcome: "halted", madeBy: "olga" });
    expect(await stateOf("ETH-USD")).to.equal("open");
    await open();
  });

  it("winds all assets down with their orders: it halts when every book is empty", async () => {
    await pipeline.log("ETH-USD", buy(BOB, 1, 50));
    await openOnce("bob", 1);
    await desk.ask("POST", "/api/wind-downs", { orders: "cancel", why: WHY });
    await stateOnce("BTC-USD", "halted");
    expect([await openOrders("ann"), await openOrders("bob")]).to.deep.equal([[], []]);
    expect(await stateOf("ETH-USD")).to.equal("halted");
    await open();
  });

  it("gives a wind-down up where somebody opens the asset again", async () => {
    await pipeline.stopStage("trade-processing"); // nothing is settled: it goes on
    await desk.ask("POST", "/api/wind-downs", { asset: "BTC-USD", orders: "cancel", why: WHY });
    await open();
    await eventually("its end", async () => {
      const [newest] = (await desk.ask("GET", "/api/wind-downs")).json.windDowns;
      return newest.outcome === "given up" || null;
    });
    await pipeline.start("trade-processing");
    expect(await stateOf("BTC-USD")).to.equal("open");
  });

  it("stops everything: orders of all are cancelled, in every asset", async () => {
    await pipeline.log("BTC-USD", sell(ANN, 1, 100));
    await pipeline.log("ETH-USD", buy(BOB, 1, 50));
    await openOnce("ann", 1);
    await openOnce("bob", 1);
    await desk.ask("POST", "/api/kill-switch", { confirm: "STOP EVERYTHING", why: WHY });
    await openOnce("ann", 0);
    await openOnce("bob", 0);
    expect((await desk.ask("GET", "/api/actions?limit=1")).json.actions[0]).to.include({ kind: "kill_switch" });
  });

  it("shows messages that a service could not handle, with why", async () => {
    expect((await desk.ask("GET", "/api/dead-letters")).json).to.deep.equal({ letters: [] });
    const place = {
      subject: "orders.BTC-USD",
      streamSequence: streamSequence(7),
      storedAtUs: 0,
      data: Buffer.from("abc"),
    };
    const message = place as unknown as Parameters<typeof putDeadLetter>[1]["message"];
    const letter = { asset: "BTC-USD", stream: "ORDERS", message, reason: new Error("it is garbage") } as const;
    await putDeadLetter(pipeline.bus, { service: "order-processing", ...letter });
    const [found] = (await desk.ask("GET", "/api/dead-letters")).json.letters;
    expect(found).to.include({ service: "order-processing", asset: "BTC-USD", stream: "ORDERS", sequence: "7" });
    expect(found).to.include({ reason: "it is garbage", bytes: 3 });
  });
});
