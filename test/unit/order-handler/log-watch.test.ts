import { expect } from "chai";
import pino from "pino";
import { LogWatch } from "../../../src/order-handler/log-watch.js";
import { logId, logIdAt, streamSequence } from "../../../src/shared/units.js";
import { eventually } from "../../support/eventually.js";

describe("the watch over the order log", () => {
  const log = pino({ level: "silent" });
  let last: number;
  let reconnected: () => void;
  let watch: LogWatch;
  const at = (message: number, index = 0) => logIdAt(streamSequence(message), index);

  beforeEach(() => {
    last = 10;
    watch = new LogWatch(
      {
        streamBounds: async () => ({ first: streamSequence(1), last: streamSequence(last) }),
        onConnectionChange: (listener) => {
          reconnected = () => listener(true);
        },
      },
      log,
    );
  });

  it("is content with a log that only grows", async () => {
    await watch.start(new Map([["BTC-USD", at(10, 3)]]));
    expect(watch.stored("BTC-USD", at(11), at(11, 7))).to.equal(true);
    expect(watch.stored("ETH-USD", at(12), at(12))).to.equal(true);
    expect(watch.whyLost()).to.equal(null);
  });

  it("sees at the start that the log ends before what was processed, and when it is put back", async () => {
    await watch.start(new Map([["BTC-USD", at(500)]]));
    expect(watch.whyLost()).to.match(/ends at message 10, and 500 was acknowledged or processed before/);
    last = 500;
    watch.sweep(performance.now() + 2_000);
    await eventually("all is well", () => watch.whyLost() === null || null);
  });

  it("sees it after a reconnect", async () => {
    await watch.start(new Map([["BTC-USD", at(10)]]));
    last = 0;
    reconnected();
    await eventually("it is lost", () => watch.whyLost());
  });

  it("acknowledges no place that was given before", async () => {
    await watch.start(new Map([["BTC-USD", logId(0)]]));
    expect(watch.stored("BTC-USD", at(11), at(11, 200))).to.equal(true);
    expect(watch.stored("BTC-USD", at(1), at(1))).to.equal(false);
    expect(watch.whyLost()).to.match(/ends at message 1, and 11 /);
  });
});
