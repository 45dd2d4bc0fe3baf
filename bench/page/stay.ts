/** Whether the trading page, with somebody logged in, is as quick and as small after minutes as in its first one. */
import type { Browser } from "playwright-core";
import { openPage } from "../../test/support/chromium.js";
import { measurePage } from "../../test/support/page-figures.js";
import { SyntheticAccount } from "../../test/support/synthetic-account.js";
import { SyntheticMarket } from "../../test/support/synthetic-market.js";
import { type Figures, mebibytes } from "./figures.js";

export async function measureStay(browser: Browser, minutes: number, rate: number): Promise<Figures> {
  const market = await SyntheticMarket.start(rate, new SyntheticAccount());
  try {
    const { page, problems } = await openPage(browser, market.url, {});
    await page.getByLabel("Key id").fill("somebody");
    await page.getByLabel("Secret").fill("secret");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByLabel("Quantity (BTC)").fill("0.1");
    await page.getByLabel("Price (USD)").fill("63990");
    await page.locator(".verified", { hasText: "checksum verified" }).waitFor();
    await page.locator(".chart canvas").first().waitFor();
    await page.getByRole("table", { name: "Ended orders" }).getByRole("row").nth(20).waitFor();
    const [before, startedMs] = [market.sent, performance.now()];
    const figures = await measurePage(page, minutes * 60, minutes);
    const sentPerSecond = Math.round((1_000 * (market.sent - before)) / (performance.now() - startedMs));
    const { framesOfParts, longestTaskMs, longTasks, heapBytes, nodes } = figures;
    const [firstHeap = 0, lastHeap = 0] = [heapBytes[1], heapBytes.at(-1)];
    return {
      json: { minutes, sentPerSecond, ...figures },
      title: `The trading page for ${minutes} minutes of ${sentPerSecond} packets a second, somebody logged in`,
      rows: [
        [
          "frames a second, the middle one: first minute, last minute",
          "the same",
          `${framesOfParts[0]}, ${framesOfParts.at(-1)}`,
        ],
        [
          "heap, after garbage is collected: first minute, last minute",
          "+ ≤ 10 MB",
          `${mebibytes(firstHeap)}, ${mebibytes(lastHeap)} MiB`,
        ],
        ["longest task above 50 ms (how many)", "told", `${Math.round(longestTaskMs)} ms (${longTasks})`],
        ["nodes of the document", "told", String(nodes)],
      ],
      problems,
    };
  } finally {
    await market.close();
  }
}
