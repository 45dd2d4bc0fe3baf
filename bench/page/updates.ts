/** What the public page costs a browser while it is updated. */
import type { Browser } from "playwright-core";
import { openPage } from "../../test/support/chromium.js";
import { measurePage } from "../../test/support/page-figures.js";
import { SyntheticMarket } from "../../test/support/synthetic-market.js";
import { type Figures, mebibytes } from "./figures.js";

export async function measureUpdates(browser: Browser, seconds: number, rate: number): Promise<Figures> {
  const market = await SyntheticMarket.start(rate);
  try {
    const { page, problems } = await openPage(browser, market.url, {});
    await page.locator(".verified", { hasText: "checksum verified" }).waitFor();
    await page.locator(".chart canvas").first().waitFor();
    const paints = await page.evaluate<{ startTime: number }[]>(
      "performance.getEntriesByType('paint').map(({ startTime }) => ({ startTime }))",
    );
    const [before, startedMs] = [market.sent, performance.now()];
    const figures = await measurePage(page, seconds, 2);
    const sentPerSecond = Math.round((1_000 * (market.sent - before)) / (performance.now() - startedMs));
    const firstPaintMs = Math.round(Math.min(...paints.map(({ startTime }) => startTime)));
    const { framesPerSecond, longestTaskMs, longTasks, heapBytes, nodes } = figures;
    const [first = 0, , last = 0] = heapBytes;
    return {
      json: { seconds, sentPerSecond, firstPaintMs, ...figures },
      title: `${seconds} s of ${sentPerSecond} packets a second`,
      rows: [
        ["first paint", "≤ 500 ms", `${firstPaintMs} ms`],
        ["frames a second, the middle one of all seconds", "≥ 55", String(framesPerSecond)],
        ["longest task above 50 ms (how many)", "none", `${Math.round(longestTaskMs)} ms (${longTasks})`],
        ["heap, after garbage is collected", "+ ≤ 5 MB", `${mebibytes(first)} → ${mebibytes(last)} MiB`],
        ["nodes of the document", "≤ 1,500", String(nodes)],
      ],
      problems,
    };
  } finally {
    await market.close();
  }
}
