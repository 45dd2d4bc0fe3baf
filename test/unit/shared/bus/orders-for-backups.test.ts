import { expect } from "chai";
import { neededByNone } from "../../../../src/shared/bus/orders-for-backups.js";

describe("what ORDERS keep for backups", () => {
  const kept = {
    oldest: { madeAtMs: 1, processed: { "BTC-USD": 10 } },
    newest: { madeAtMs: 2, processed: { "BTC-USD": 50, "ETH-USD": 5 } },
  };

  it("is what the oldest would replay, all of an asset that it does not know", () => {
    expect(neededByNone(kept, "BTC-USD", 0.5)).to.equal(10);
    expect(neededByNone(kept, "ETH-USD", 0.5)).to.equal(0);
  });

  it("is less when orders would soon be refused for it: what the newest would replay, then nothing", () => {
    expect(neededByNone(kept, "BTC-USD", 0.9)).to.equal(50);
    expect(neededByNone(kept, "BTC-USD", 0.95)).to.equal(Number.POSITIVE_INFINITY);
  });

  it("is nothing without a backup", () => {
    expect(neededByNone(null, "BTC-USD", 0)).to.equal(Number.POSITIVE_INFINITY);
  });
});
