import { expect } from "chai";
import { orderLines, stepLines } from "../../../../web/state/order-detail.js";

describe("an order in words", () => {
  it("has a line for each of its terms, and none for those that it lacks", () => {
    const lines = orderLines({
      ...{
        asset: "BTC-USD",
        orderId: 7,
        status: "partially_filled",
        side: "buy",
        type: "stop_limit",
        price: "64000.10",
      },
      ...{
        quantity: "1",
        filledQuantity: "0.4",
        leavesQuantity: "0.6",
        postOnly: true,
        selfTradePrevention: "cancel_newest",
      },
    });
    expect(lines).to.deep.equal([
      ["State", "partially filled"],
      ["Side", "buy"],
      ["Type", "stop limit"],
      ["Price", "64,000.10"],
      ["Quantity", "1"],
      ["Filled", "0.4"],
      ["Left", "0.6"],
      ["Post-only", "yes"],
      ["Against own orders", "cancel newest"],
    ]);
  });

  it("has its way with the time of each step since the last one that is known", () => {
    const atUs = Date.UTC(2026, 0, 2, 3, 4, 5) * 1_000;
    const steps = [{ step: "received", atUs: atUs + 7 }, { step: "on disk" }, { step: "logged", atUs: atUs + 2_107 }];
    const lines = stepLines(steps);
    expect(lines.map(([step, at, took]) => [step, at.slice(-9), took])).to.deep.equal([
      ["received", "05.000007", ""],
      ["on disk", " any more", ""],
      ["logged", "05.002107", "+ 2.1 ms"],
    ]);
  });
});
