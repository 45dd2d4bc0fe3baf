import { slowReaders } from "./slow-reader-under-test.js";

describe("market-data-notifier with a subscriber that is much too slow", function () {
  this.timeout(120_000);
  const { cutReader } = slowReaders();

  it("tells one that reads 400 KB a second why, then disconnects it", async () => {
    const reader = await cutReader({}, 400_000);
    await reader.untilGone(400_000);
    reader.expectTold();
  });
});
