import { expect } from "chai";
import { Pacing } from "../../../../src/shared/order-entry/pacing.js";

const PUBLISH_MS = 4;

/** As it is after many publishes that took so long. */
function pacingOf(publishMs: number): Pacing {
  const pacing = new Pacing({ intervalMaxMs: 8, fullRate: 4_000 });
  for (let publish = 0; publish < 200; publish++) pacing.published(publishMs);
  return pacing;
}

/** The interval after two seconds of so many batches of so many requests a second. */
function intervalAt(batchesPerSecond: number, requestsInBatch: number): number {
  const pacing = pacingOf(PUBLISH_MS);
  let nowMs = 0;
  for (; nowMs < 2_000; nowMs += 1_000 / batchesPerSecond) pacing.started(requestsInBatch, nowMs);
  return pacing.intervalMs(nowMs);
}

describe("pacing", () => {
  it("lets a lone request go at once", () => {
    expect(pacingOf(PUBLISH_MS).intervalMs(0)).to.equal(0);
    expect(intervalAt(1, 1)).to.be.below(0.1);
  });

  it("grows with the rate of requests, not of batches", () => {
    expect(intervalAt(1_000, 1)).to.be.closeTo(1, 0.05);
    expect(intervalAt(100, 10)).to.be.closeTo(1, 0.1);
    expect(intervalAt(1_000, 2)).to.be.closeTo(2, 0.1);
  });

  it("grows no further than a publish takes, and than its limit", () => {
    expect(intervalAt(1_000, 100)).to.be.closeTo(PUBLISH_MS, 0.01);
    const slow = pacingOf(50);
    slow.started(100_000, 0);
    expect(slow.intervalMs(0)).to.equal(8);
  });

  it("forgets load that is over", () => {
    const pacing = pacingOf(PUBLISH_MS);
    pacing.started(10_000, 0);
    expect(pacing.intervalMs(3_000)).to.be.below(0.01);
  });
});
