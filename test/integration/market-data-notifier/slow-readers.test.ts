import { expect } from "chai";
import { until } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import type { RawWebSocket } from "../../support/raw-websocket.js";
import { slowReaders } from "./slow-reader-under-test.js";

/** So much may wait that only time can cut. */
const ANY_LENGTH = { queueBytesMax: 268_435_456, queuePacketsMax: 100_000, keptBytesMax: 1_073_741_824 };
/** How fast a subscriber reads that stood still and comes back: as fast as it can. */
const COMES_BACK = 10_000_000;

describe("market-data-notifier with a subscriber that is too slow", function () {
  this.timeout(120_000);
  const { cutReader, expectAllRead } = slowReaders();

  it("tells one that reads 1000 KB a second why, then disconnects it", async () => {
    const reader = await cutReader({}, 1_000_000);
    await reader.untilGone(1_000_000);
    reader.expectTold();
  });

  it("cuts one whose connection takes nothing within 2 s, however little waits, and tells it when it reads on", async () => {
    const { slow, waitedMs, untilGone, expectTold } = await cutReader(ANY_LENGTH, 0);
    expect(waitedMs).to.be.below(patience(2_000));
    slow.readOn();
    await untilGone(COMES_BACK);
    expectTold();
    expect(slow.received).to.contain("your connection took nothing for 1.5 s");
  });

  it("gives one more time for which an answer waits, too", async () => {
    const limits = { ...ANY_LENGTH, standstillMaxMs: 500, partingTimeoutMs: 2_000 };
    const asks = (slow: RawWebSocket) => slow.sendText('421["unsubscribe",{"channel":"ticker","asset":"BTC-USD"}]');
    const { waitedMs } = await cutReader(limits, 0, asks);
    expect(waitedMs).to.be.above(1_500);
  });

  it("goes on with one that takes some now and then, though something waits for it all the while", async () => {
    const { waitedMs } = await expectAllRead(ANY_LENGTH, 2_500_000, 60);
    expect(waitedMs).to.be.above(1_750);
  });

  it("tells one that comes back after it stood still for longer than a disconnection takes", async () => {
    const reader = await cutReader({ partingTimeoutMs: 30_000 }, 0);
    const sinceMs = performance.now();
    await until("some seconds are over", () => performance.now() - sinceMs > 3_000);
    reader.slow.readOn();
    await reader.untilGone(COMES_BACK);
    reader.expectTold();
  });

  it("cuts the longest queue when too much waits for all together, though it is not too long by itself", async () => {
    const limits = {
      queueBytesMax: 268_435_456,
      keptBytesMax: 2_000_000,
      partingTimeoutMs: 30_000,
      standstillMaxMs: 60_000,
    };
    const { slow, notifier, untilGone } = await cutReader(limits, 0);
    expect(await notifier.metric('kept_bytes{what="queues"')).to.be.below(2_000_000);
    slow.readOn();
    await untilGone(COMES_BACK);
    expect(slow.received).to.contain("too much waits for all subscribers");
  });

  it("ends one that never reads again", async () => {
    const { notifier } = await cutReader({ partingTimeoutMs: 500 }, 0);
    await until("its connection is gone", async () => (await notifier.openConnections()) === 1);
  });
});
