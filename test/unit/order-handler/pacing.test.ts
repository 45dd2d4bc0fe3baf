import { expect } from "chai";
import { Pacing } from "../../../src/order-handler/pacing.js";

/** The interval after two seconds of so many batches of so many requests a second. */
function intervalAt(batchesPerSecond: number, requestsInBatch: number): number {
  const pacing = new Pacing({ intervalMaxMs: 4, fullRate: 4_000 });
  let nowMs = 0;
  for (; nowMs < 2_000; nowMs += 1_000 / batchesPerSecond) pacing.started(requestsInBatch, nowMs);
  return pacing.intervalMs(nowMs);
}

describe("pacing", () => {
  it("lets a lone request go at once", () => {
    expect(new Pacing({ intervalMaxMs: 4, fullRate: 4_000 }).intervalMs(0)).to.equal(0);
    expect(intervalAt(1, 1)).to.be.below(0.1);
  });

  it("grows with the rate of requests, not of batches", () => {
    expect(intervalAt(1_000, 1)).to.be.closeTo(1, 0.05);
    expect(intervalAt(100, 10)).to.be.closeTo(1, 0.1);
    expect(intervalAt(1_000, 2)).to.be.closeTo(2, 0.1);
  });

  it("grows no further than its limit", () => {
    expect(intervalAt(1_000, 100)).to.equal(4);
  });

  it("forgets load that is over", () => {
    const pacing = new Pacing({ intervalMaxMs: 4, fullRate: 4_000 });
    pacing.started(10_000, 0);
    expect(pacing.intervalMs(3_000)).to.be.below(0.01);
  });
});
