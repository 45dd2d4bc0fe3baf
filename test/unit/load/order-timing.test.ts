import { expect } from "chai";
import { OrderTiming } from "../../../tools/load/order-timing.js";

/** The latency charged to an order that was planned for 100, sent and answered. */
function charged(sentMs: number, answeredMs: number): number {
  const timing = new OrderTiming({ orders: 1, measureFrom: 0 });
  timing.sent(0, 100, sentMs);
  timing.answered(0, answeredMs);
  return timing.acknowledged.summary().max;
}

describe("an order's latency", () => {
  it("runs from when it was sent while the generator is as late as its timer is coarse", () => {
    expect(charged(100, 105)).to.be.closeTo(5, 0.01);
    expect(charged(101.5, 105)).to.be.closeTo(3.5, 0.01);
  });

  it("runs from its plan, timer slack excepted, when it was sent late", () => {
    expect(charged(140, 145)).to.be.closeTo(43, 0.1);
  });

  it("is not measured in the warm-up", () => {
    const timing = new OrderTiming({ orders: 2, measureFrom: 1 });
    for (const order of [0, 1]) {
      timing.sent(order, 0, 0);
      timing.answered(order, 1);
      timing.reportedAt(order, 2);
    }
    expect([timing.acknowledged.count, timing.reported.count, timing.lateness.count]).to.deep.equal([1, 1, 1]);
  });
});
