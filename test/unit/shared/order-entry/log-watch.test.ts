import { expect } from "chai";
import pino from "pino";
import { logIdAt, streamSequence } from "../../../../src/shared/domain/units.js";
import { LogWatch } from "../../../../src/shared/order-entry/log-watch.js";
import { until } from "../../../support/eventually.js";

describe("the watch over the order log", () => {
  let last: number;
  let watch: LogWatch;
  const at = (message: number, index = 0) => logIdAt(streamSequence(message), index);

  beforeEach(() => {
    last = 10;
    const streamBounds = async () => ({ first: streamSequence(1), last: streamSequence(last) });
    watch = new LogWatch({ streamBounds }, pino({ level: "silent" }));
  });

  it("is content with a log that only grows", () => {
    watch.processed(new Map([["BTC-USD", at(10, 3)]]));
    expect(watch.stored("BTC-USD", at(11), at(11, 7))).to.equal(true);
    expect(watch.stored("ETH-USD", at(12), at(12))).to.equal(true);
    expect(watch.whyLost()).to.equal(null);
  });

  it("sees that a place was given before this process was there, and when the log is put back", async () => {
    watch.processed(new Map([["BTC-USD", at(500)]]));
    expect(watch.stored("BTC-USD", at(10), at(10, 2))).to.equal(false);
    expect(watch.whyLost()).to.match(/ends at message 10, and 500 was acknowledged or processed before/);
    last = 500;
    watch.sweep(performance.now());
    await until("all is well", () => watch.whyLost() === null);
  });

  it("acknowledges no place that it gave itself", () => {
    expect(watch.stored("BTC-USD", at(11), at(11, 200))).to.equal(true);
    expect(watch.stored("BTC-USD", at(1), at(1))).to.equal(false);
    expect(watch.whyLost()).to.match(/ends at message 1, and 11 /);
  });
});
