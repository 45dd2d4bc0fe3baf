import { expect } from "chai";
import { Backlog } from "../../../src/order-handler/backlog.js";
import { logId } from "../../../src/shared/domain/units.js";

describe("the backlog", () => {
  it("is as old as the oldest request that is not processed", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), 1_000);
    backlog.logged("BTC-USD", logId(512), 2_000);
    backlog.processed(new Map([["BTC-USD", logId(256)]]));
    expect(backlog.ageMs("BTC-USD", 5_000)).to.equal(3_000);
    backlog.processed(new Map([["BTC-USD", logId(511)]]));
    expect(backlog.ageMs("BTC-USD", 5_000)).to.equal(3_000);
    backlog.processed(new Map([["BTC-USD", logId(512)]]));
    expect(backlog.ageMs("BTC-USD", 5_000)).to.equal(0);
    expect(backlog.isEmpty).to.equal(true);
  });

  it("is not there where nothing was ever processed", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), 1_000);
    backlog.processed(new Map());
    expect(backlog.ageMs("BTC-USD", 9_000)).to.equal(0);
  });

  it("is there for an asset that was never processed where others were", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), 1_000);
    backlog.processed(new Map([["ETH-USD", logId(256)]]));
    expect(backlog.ageMs("BTC-USD", 9_000)).to.equal(8_000);
  });

  it("is one per asset", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), 1_000);
    expect(backlog.ageMs("ETH-USD", 9_000)).to.equal(0);
    expect(backlog.oldestMs(9_000)).to.equal(8_000);
  });

  it("keeps a bounded number of samples and never loses the oldest", () => {
    const backlog = new Backlog();
    for (let batch = 1; batch <= 100_000; batch++) backlog.logged("BTC-USD", logId(256 * batch), batch * 10);
    expect(backlog.ageMs("BTC-USD", 1_000_000)).to.equal(1_000_000 - 10);
  });
});
