/**
 * npm run bench:page: what the page costs a browser while it is updated, for ten minutes by default. The market is made up
 * (test/support/synthetic-market.ts) and runs in this process, so the browser is what is measured, beside it on this machine.
 */
import { commandLine, whole } from "../../src/shared/process/options.js";
import { chromiumPath, launchChromium, openPage } from "../../test/support/chromium.js";
import { measurePage } from "../../test/support/page-figures.js";
import { SyntheticMarket } from "../../test/support/synthetic-market.js";
import { markdownTable } from "../../tools/load/markdown-table.js";
import { asked } from "../options.js";

const MEBIBYTE = 1_048_576;

const { seconds, rate, json } = asked(() =>
  commandLine("bench:page", "Frames, long tasks, memory and nodes of the page under updates.")
    .option("--seconds <seconds>", "measured time", whole({ from: 4, to: 86_400 }), 600)
    .option("--rate <updates>", "packets a second, of all channels", whole({ to: 10_000 }), 1_000)
    .option("--json", "one JSON line instead of the table")
    .parse()
    .opts(),
);
const path = chromiumPath();
if (path === null)
  throw new Error("there is no Chromium here: apt-get install chromium-headless-shell, or set CHROMIUM_PATH");
const market = await SyntheticMarket.start(rate);
const browser = await launchChromium(path);
try {
  const { page, problems } = await openPage(browser, market.url, {});
  await page.locator(".verified", { hasText: "checksum verified" }).waitFor();
  await page.locator(".chart canvas").first().waitFor();
  const paints = await page.evaluate<{ startTime: number }[]>(
    "performance.getEntriesByType('paint').map(({ startTime }) => ({ startTime }))",
  );
  const before = market.sent;
  const figures = await measurePage(page, seconds, 2);
  const sentPerSecond = Math.round((market.sent - before) / seconds);
  const firstPaintMs = Math.round(Math.min(...paints.map(({ startTime }) => startTime)));
  if (json === true) console.log(JSON.stringify({ bench: "page", seconds, sentPerSecond, firstPaintMs, ...figures }));
  else {
    const [first = 0, , last = 0] = figures.heapBytes;
    console.log(`${seconds} s of ${sentPerSecond} packets a second, Chromium ${browser.version()}, without a GPU\n`);
    console.log(
      markdownTable(
        ["what", "limit", "measured"],
        [
          ["first paint", "≤ 500 ms", `${firstPaintMs} ms`],
          ["frames a second, the middle one of all seconds", "≥ 55", String(figures.framesPerSecond)],
          [
            "longest task above 50 ms (how many)",
            "none",
            `${Math.round(figures.longestTaskMs)} ms (${figures.longTasks})`,
          ],
          ["heap, after garbage is collected", "+ ≤ 5 MB", `${mebibytes(first)} → ${mebibytes(last)} MiB`],
          ["nodes of the document", "≤ 1,500", String(figures.nodes)],
        ],
      ),
    );
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
} finally {
  await browser.close();
  await market.close();
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
