import { expect } from "chai";
import sinon from "sinon";
import { type Gap, GapFiller } from "../../../../src/market-data-notifier/channels/gap-filler.js";
import { createLogger } from "../../../../src/shared/process/log.js";

describe("a gap filler", () => {
  const onFilled = sinon.fake();
  const filler = (fillsAtOnceMax = 2) =>
    new GapFiller({ holeWaitMs: 100, retryMs: 500, fillsAtOnceMax, log: createLogger("test", "silent"), onFilled });
  const gap = (after: number, key = "orders:1", fill: () => Promise<void> = async () => undefined) => {
    const faked = sinon.fake(fill);
    return { key, hole: { after, upTo: after + 1 }, fill: faked } satisfies Gap;
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it("gives a hole time to close by itself", () => {
    const [late, f] = [gap(5), filler()];
    f.check([late], 0);
    f.check([late], 99);
    expect(late.fill.callCount).to.equal(0);
    f.check([late], 100);
    expect(late.fill.callCount).to.equal(1);
  });

  it("starts to wait anew when the hole is another one", () => {
    const [first, second, f] = [gap(5), gap(9), filler()];
    f.check([first], 0);
    f.check([second], 99);
    f.check([second], 101);
    expect(second.fill.callCount).to.equal(0);
  });

  it("forgets a hole that closed", () => {
    const [hole, f] = [gap(5), filler()];
    f.check([hole], 0);
    f.check([], 50);
    f.check([hole], 120);
    expect(hole.fill.callCount).to.equal(0);
  });

  it("reads a hole once at a time, and tells when it was read", async () => {
    onFilled.resetHistory();
    let finish: () => void = () => undefined;
    const hole = gap(5, "orders:1", () => new Promise<void>((resolve) => (finish = resolve)));
    const f = filler();
    f.check([hole], 0);
    for (const nowMs of [100, 200, 300]) f.check([hole], nowMs);
    expect(hole.fill.callCount).to.equal(1);
    finish();
    await settled();
    expect(onFilled.callCount).to.equal(1);
  });

  it("reads no more holes at once than its limit", () => {
    const holes = ["a", "b", "c"].map((key) => gap(1, key, () => new Promise(() => undefined)));
    const f = filler(2);
    f.check(holes, 0);
    f.check(holes, 100);
    expect(holes.map(({ fill }) => fill.callCount)).to.deep.equal([1, 1, 0]);
  });

  it("waits before it tries again what failed", async () => {
    const hole = gap(5, "orders:1", () => Promise.reject(new Error("Postgres is away")));
    const f = filler();
    f.check([hole], 0);
    f.check([hole], 100);
    await settled();
    f.check([hole], performance.now() + 400);
    expect(hole.fill.callCount).to.equal(1);
    f.check([hole], performance.now() + 600);
    expect(hole.fill.callCount).to.equal(2);
  });
});
