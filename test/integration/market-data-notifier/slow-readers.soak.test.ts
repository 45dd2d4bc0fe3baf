import { expect } from "chai";
import { PARTING_MAX_MS } from "../../../src/market-data-notifier/connections/client-connection.js";
import { until } from "../../support/eventually.js";
import { patience } from "../../support/machine.js";
import { slowReaders } from "./slow-reader-under-test.js";

/** How long one may stand still (docs/protocol.md, section 6). */
const STANDS_STILL_MAX_MS = 60_000;
const SLOW_BYTES_PER_SECOND = 50_000;
/** The kernel takes bytes in lumps, as large for a fast reader: so many times the speed and as many times less patience tell the same. */
const TIMES_FASTER = 8;

describe("market-data-notifier with a subscriber that is slower than any network", function () {
  this.timeout(120_000);
  const { cutReader } = slowReaders();
  const bytesPerSecond = SLOW_BYTES_PER_SECOND * TIMES_FASTER;

  for (const standsStill of [false, true])
    it(`tells one that ${standsStill ? "comes back within the minute that one may stand still, and " : ""}reads 50 KB a second why, after what the network has`, async () => {
      const patienceMs = patience(STANDS_STILL_MAX_MS / TIMES_FASTER);
      const reader = await cutReader({ partingTimeoutMs: patienceMs }, standsStill ? 0 : bytesPerSecond);
      const { slow } = reader;
      const sinceMs = performance.now();
      const before = slow.receivedBytes;
      if (standsStill) {
        await until("half of its time is over", () => performance.now() - sinceMs > patienceMs / 2, patienceMs);
        slow.readAtMost(bytesPerSecond);
        slow.readOn();
      }
      await reader.untilGone(bytesPerSecond);
      reader.expectTold();
      const wouldReadMs = ((slow.receivedBytes - before) / SLOW_BYTES_PER_SECOND) * 1_000;
      expect(wouldReadMs).to.be.within(STANDS_STILL_MAX_MS, PARTING_MAX_MS);
    });
});
