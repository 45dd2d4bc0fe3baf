import { expect } from "chai";
import { HandOver } from "../../../../src/shared/stage/hand-over.js";
import { serviceForTest } from "../../../support/service.js";

const { log } = serviceForTest("hand-over");

/** Preparations that are under way end when the test says so. */
function preparing() {
  const underWay = new Map<string, { resolve: () => void; reject: (err: Error) => void }>();
  let onPrepared: () => void = () => undefined;
  const prepare = (asset: string) =>
    new Promise<void>((resolve, reject) => {
      underWay.set(asset, { resolve, reject });
    });
  const handOver = new HandOver(log, prepare, () => onPrepared());
  /** Resolves once the hand-over knows. */
  const end = (asset: string, err?: Error) =>
    new Promise<void>((resolve) => {
      onPrepared = resolve;
      if (err === undefined) underWay.get(asset)?.resolve();
      else underWay.get(asset)?.reject(err);
    });
  return { handOver, underWay, end };
}

describe("HandOver", () => {
  it("lets go of one asset at a time, each when it is prepared", async () => {
    const { handOver, underWay, end } = preparing();
    const leaving = new Set(["A", "B"]);
    expect(handOver.next(leaving)).to.equal(null);
    expect(handOver.next(leaving)).to.equal(null);
    expect([...underWay.keys()]).to.deep.equal(["A"]);
    await end("A");
    expect(handOver.next(leaving)).to.equal("A");
    leaving.delete("A");
    expect(handOver.next(leaving)).to.equal(null);
    await end("B");
    expect(handOver.next(leaving)).to.equal("B");
    expect(handOver.next(new Set())).to.equal(null);
  });

  it("lets go of an asset also when it could not be prepared", async () => {
    const { handOver, end } = preparing();
    const leaving = new Set(["A"]);
    handOver.next(leaving);
    await end("A", new Error("no room"));
    expect(handOver.next(leaving)).to.equal("A");
  });

  it("goes on with the next asset when the first one stays after all", async () => {
    const { handOver, end } = preparing();
    handOver.next(new Set(["A", "B"]));
    expect(handOver.next(new Set(["B"]))).to.equal(null);
    await end("A");
    expect(handOver.next(new Set(["B"]))).to.equal(null);
    await end("B");
    expect(handOver.next(new Set(["B"]))).to.equal("B");
  });

  it("lets go of all at once where there is nothing to prepare", () => {
    const handOver = new HandOver(log, null, () => undefined);
    expect(handOver.next(new Set(["A", "B"]))).to.equal("A");
    expect(handOver.next(new Set(["B"]))).to.equal("B");
  });
});
