import { expect } from "chai";
import { accountId, logId } from "../../../../src/shared/domain/units.js";
import { Backlog } from "../../../../src/shared/order-entry/backlog.js";

const [ANN, BOB, EVE] = [accountId(1), accountId(2), accountId(3)];
const many = (count: number, account = ANN) => new Array(count).fill(account);

describe("the backlog", () => {
  it("is as old as the oldest request that is not processed", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), [ANN], 1_000);
    backlog.logged("BTC-USD", logId(512), [ANN], 2_000);
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
    backlog.logged("BTC-USD", logId(256), [ANN], 1_000);
    backlog.processed(new Map());
    expect(backlog.ageMs("BTC-USD", 9_000)).to.equal(0);
  });

  it("is there for an asset that was never processed where others were", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), [ANN], 1_000);
    backlog.processed(new Map([["ETH-USD", logId(256)]]));
    expect(backlog.ageMs("BTC-USD", 9_000)).to.equal(8_000);
  });

  it("is one per asset", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), [ANN], 1_000);
    expect(backlog.ageMs("ETH-USD", 9_000)).to.equal(0);
    expect(backlog.oldestMs(9_000)).to.equal(8_000);
  });

  it("keeps a bounded number of samples and never loses the oldest", () => {
    const backlog = new Backlog();
    for (let batch = 1; batch <= 100_000; batch++) backlog.logged("BTC-USD", logId(256 * batch), [ANN], batch * 10);
    expect(backlog.ageMs("BTC-USD", 1_000_000)).to.equal(1_000_000 - 10);
  });

  it("counts whose requests wait, until they are processed", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), [ANN, ANN, BOB], 1_000);
    backlog.logged("BTC-USD", logId(512), [ANN], 2_000);
    expect([ANN, BOB, EVE].map((account) => backlog.requestsOf("BTC-USD", account))).to.deep.equal([3, 1, 0]);
    expect(backlog.requestsOf("ETH-USD", ANN)).to.equal(0);
    backlog.processed(new Map([["BTC-USD", logId(256)]]));
    expect([ANN, BOB].map((account) => backlog.requestsOf("BTC-USD", account))).to.deep.equal([1, 0]);
  });

  it("is caused by those who have half of an equal share of what waits, or more", () => {
    const backlog = new Backlog();
    backlog.logged("BTC-USD", logId(256), [...many(200), ...many(3, BOB)], 1_000);
    const causers = () => [ANN, BOB, EVE].filter((account) => backlog.hasShare("BTC-USD", account));
    expect(causers()).to.deep.equal([ANN]);
    backlog.logged("BTC-USD", logId(300), many(63, BOB), 2_000);
    expect(causers(), "66 of 266").to.deep.equal([ANN]);
    for (const _ of "on its way") backlog.taken("BTC-USD", BOB);
    expect(causers(), "76 of 276").to.deep.equal([ANN, BOB]);
    for (const _ of "on its way") backlog.settled("BTC-USD", BOB);
    backlog.logged("BTC-USD", logId(512), many(134, BOB), 2_000);
    expect(causers()).to.deep.equal([ANN, BOB]);
    backlog.processed(new Map([["BTC-USD", logId(512)]]));
    expect(causers()).to.deep.equal([]);
  });
});
