/** What an account learns of its orders' terms, after everything that it knew is gone. */
import { expect } from "chai";
import { OrdersStore } from "../../../src/shared/channels/orders-store.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import type { NewOrder } from "../../../src/shared/domain/messages.js";
import { currencyUnits, epochMs, epochUs, lots, priceTicks } from "../../../src/shared/domain/units.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { limitOrder, marketOrder } from "../../support/order-terms.js";
import { ANN, BOB, PipelineUnderTest } from "./pipeline-under-test.js";

const ASSET = "BTC-USD";
const { assets } = loadAssets(`${projectRoot}config/assets.json`);
const NEVER = epochMs(4_000_000_000_000);

describe("The terms of orders", () => {
  let pipeline: PipelineUnderTest;

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    await pipeline.startAll();
  });
  after(() => pipeline.stop());

  const log = (accountId: typeof ANN, body: NewOrder) =>
    pipeline.log(ASSET, { accountId, receivedAtUs: epochUs(1), body });

  it("are in the snapshot of open orders and in every report, as the client gave them", async () => {
    await log(ANN, limitOrder("buy", 50, 6_000_000, { displayLots: lots(10), selfTradePrevention: "decrement" }));
    await log(ANN, limitOrder("buy", 50, 6_000_100, { postOnly: true, timeInForce: "GTD", expiresAtMs: NEVER }));
    await log(ANN, limitOrder("buy", 50, 6_000_200, { type: "stop_limit", stopPriceTicks: priceTicks(7_000_000) }));
    await log(ANN, limitOrder("sell", 1_000, 6_500_000));
    await log(BOB, marketOrder("buy", null, { quoteBudgetUnits: currencyUnits(1_000_000_001) }));
    await pipeline.rowsOnce(6, "select 1 from execution_reports where event in ('accepted', 'trade')");
    const store = new OrdersStore(pipeline.database, assets);
    const { openOrders } = await store.accountSnapshot(ANN, 10);
    const [iceberg, goodTillDate, stop, plain] = openOrders as Record<string, unknown>[];
    expect(iceberg).to.include({ displayQuantity: "0.001", selfTradePrevention: "decrement", price: "60000.00" });
    expect(goodTillDate).to.include({ postOnly: true, expiresAtMs: NEVER, selfTradePrevention: "cancel_newest" });
    expect(stop).to.include({ stopPrice: "70000.00", status: "pending_trigger" });
    expect(plain).not.to.have.any.keys("stopPrice", "displayQuantity", "minimumQuantity", "postOnly", "expiresAtMs");
    const told = (await store.reportsAfter(BOB, 0, 10)).map(({ json }) => json as Record<string, unknown>);
    expect(told[0]).to.include({ event: "accepted" });
    for (const report of told) expect(report).to.include({ quoteBudget: "1000.000001" });
  });
});
