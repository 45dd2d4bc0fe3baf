/** What operators and timers decide (table actions), from order-processing to the reports. */
import { expect } from "chai";
import { storeAssets } from "../../../src/launcher/asset-store.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { diesBeforePublish } from "./failing-publishes.js";
import { ANN, BOB, buy, PipelineUnderTest, sell } from "./pipeline-under-test.js";

describe("the pipeline and the actions of operators and timers", () => {
  let pipeline: PipelineUnderTest;

  beforeEach(async () => {
    pipeline = await PipelineUnderTest.create();
    await storeAssets(pipeline.database, loadAssets(`${projectRoot}config/assets.json`));
    await pipeline.startAll();
  });
  afterEach(() => pipeline.stop());

  const change = (kind: string, account: number | null) =>
    pipeline.rows("select change_account($1, $2, 'op', 'test')", kind, account);
  const commands = (kind: string) =>
    pipeline.rows(
      "select asset, account_id, action_id from order_log where kind = $1 order by asset, action_id, account_id",
      kind,
    );
  const reports = (count: number, event: string) =>
    pipeline.rowsOnce(
      count,
      "select account_id, asset, reason, account_sequence from execution_reports where event = $1 order by account_id, asset",
      event,
    );
  const rest = async () => {
    await pipeline.log("BTC-USD", buy(ANN, 1, 100), buy(BOB, 1, 100));
    await pipeline.log("ETH-USD", sell(ANN, 1, 100));
    await reports(3, "accepted");
  };

  it("cancels a suspended account's orders in every asset, and refuses its orders until it is resumed", async () => {
    await rest();
    await change("suspend", ANN);
    const canceled = await reports(2, "canceled");
    expect(canceled.map((row) => [row["account_id"], row["asset"], row["reason"]])).to.deep.equal([
      [ANN, "BTC-USD", "requested"],
      [ANN, "ETH-USD", "requested"],
    ]);
    await pipeline.log("BTC-USD", buy(ANN, 1, 100));
    expect((await reports(1, "rejected"))[0]).to.include({ account_id: ANN, reason: "account_suspended" });
    await change("resume", ANN);
    await pipeline.rowsOnce(1, "select 1 from accounts where account_id = $1 and not suspended", ANN);
    await pipeline.restart("order-processing");
    await pipeline.log("BTC-USD", buy(ANN, 1, 100));
    await reports(4, "accepted");
  });

  it("refuses a suspended account's orders after a restart, too", async () => {
    await change("suspend", ANN);
    await pipeline.rowsOnce(4, "select 1 from order_log where kind = 'cancel_all'");
    await pipeline.restart("order-processing");
    await pipeline.log("BTC-USD", buy(ANN, 1, 100), buy(BOB, 1, 90));
    await reports(1, "accepted");
    expect((await reports(1, "rejected"))[0]).to.include({ account_id: ANN, reason: "account_suspended" });
  });

  it("cancels everybody's orders when all are suspended, where there are any", async () => {
    await rest();
    await change("suspend", null);
    await reports(3, "canceled");
    expect((await commands("cancel_all")).map((row) => [row["asset"], row["account_id"]])).to.deep.equal([
      ["BTC-USD", ANN],
      ["BTC-USD", BOB],
      ["ETH-USD", ANN],
    ]);
  });

  it("carries out an action once, though it is killed between its commit and its publish", async () => {
    await rest();
    await pipeline.stopStage("order-processing");
    await change("suspend", ANN);
    const { sabotage, reached } = diesBeforePublish("COMMANDS");
    const service = await pipeline.start("order-processing", sabotage);
    await reached;
    await pipeline.crash(service);
    await pipeline.start("order-processing");
    await reports(2, "canceled");
    await pipeline.log("ETH-USD", buy(BOB, 1, 10));
    await reports(4, "accepted");
    expect(await commands("cancel_all")).to.have.length(4);
  });

  it("halts one asset or all, and resumes them, in the order of the actions", async () => {
    const state = (asset: string | null, to: string) =>
      pipeline.rows("select set_asset_state($1, $2, 'op', 'test')", asset, to);
    await state("BTC-USD", "halted");
    await pipeline.rowsOnce(1, "select 1 from order_log where kind = 'set_asset_state'");
    await pipeline.log("BTC-USD", buy(ANN, 1, 100));
    await pipeline.log("ETH-USD", buy(ANN, 1, 100));
    expect((await reports(1, "rejected"))[0]).to.include({ asset: "BTC-USD", reason: "asset_halted" });
    await reports(1, "accepted");
    await state(null, "cancel_only");
    await state(null, "open");
    await pipeline.rowsOnce(9, "select 1 from order_log where kind = 'set_asset_state'");
    await pipeline.log("BTC-USD", buy(ANN, 1, 100));
    await reports(2, "accepted");
  });

  it("cancels everything of an account whose timer ran out, once", async () => {
    await rest();
    await pipeline.rows(
      "insert into cancel_triggers values ('timer/1', $1, 'timer', 'h:1', now() - interval '1 second')",
      ANN,
    );
    await reports(2, "canceled");
    expect((await commands("cancel_all")).map((row) => row["action_id"])).to.deep.equal([1, 1, 1, 1]);
    expect(await pipeline.rows("select 1 from cancel_triggers")).to.have.length(0);
  });

  it("cancels, when a timer runs out, also what was acknowledged before and is still to be processed", async () => {
    await pipeline.stopStage("order-processing");
    const orders = 1_000;
    const logged = Array.from({ length: orders }, () => pipeline.log("BTC-USD", buy(ANN, 1, 100)));
    await Promise.all(logged);
    await pipeline.rows(
      "insert into cancel_triggers values ('timer/1', $1, 'timer', 'h:1', now() - interval '1 second')",
      ANN,
    );
    await pipeline.rows("select fire_cancel_triggers(1)");
    await pipeline.start("order-processing");
    await reports(orders, "canceled");
    expect(await commands("cancel_all")).to.deep.include({ asset: "BTC-USD", account_id: ANN, action_id: 1 });
  });

  it("does not let a halt wait for what is still to be processed", async () => {
    await pipeline.stopStage("order-processing");
    const orders = 1_000;
    await Promise.all(Array.from({ length: orders }, () => pipeline.log("BTC-USD", buy(ANN, 1, 100))));
    await pipeline.rows("select set_asset_state('BTC-USD', 'halted', 'op', 'test')");
    await pipeline.start("order-processing");
    const refused = () => pipeline.rows("select 1 from execution_reports where reason like 'asset_halted%'");
    await pipeline.rowsOnce(orders, "select 1 from execution_reports where event in ('accepted', 'rejected')");
    expect(await refused()).to.not.have.length(0);
  });
});
