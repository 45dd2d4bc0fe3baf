import { until } from "../../support/eventually.js";
import { slowReaders } from "./slow-reader-under-test.js";

const SLOW_BYTES_PER_SECOND = 50_000;

describe("market-data-notifier with a subscriber that is much too slow", function () {
  this.timeout(600_000);
  const cutReader = slowReaders();

  it("tells one that reads 50 KB a second why, after what the network has, then disconnects it", async () => {
    const reader = await cutReader({}, SLOW_BYTES_PER_SECOND);
    await reader.untilGone(SLOW_BYTES_PER_SECOND);
    reader.expectTold();
  });

  it("tells one that comes back within the minute that one may stand still, and reads 50 KB a second from then on", async () => {
    const reader = await cutReader({}, 0);
    const sinceMs = performance.now();
    await until("half a minute is over", () => performance.now() - sinceMs > 30_000, 40_000);
    reader.slow.readAtMost(SLOW_BYTES_PER_SECOND);
    reader.slow.readOn();
    await reader.untilGone(SLOW_BYTES_PER_SECOND);
    reader.expectTold();
  });
});
