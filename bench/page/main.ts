/**
 * npm run bench:page: what the page costs a browser while it is updated, for ten minutes by default. The market is made up
 * (test/support/synthetic-market.ts) and runs in this process, so the browser is what is measured, beside it on this machine.
 * `--minutes` compares the trading page's first minute with its last; `--trade` clicks in the page of a whole pipeline.
 */
import { commandLine, whole } from "../../src/shared/process/options.js";
import { chromiumPath, launchChromium } from "../../test/support/chromium.js";
import { markdownTable } from "../../tools/load/markdown-table.js";
import { asked } from "../options.js";
import { measureClicks } from "./clicks.js";
import { measureStay } from "./stay.js";
import { measureUpdates } from "./updates.js";

/** Orders a second beside those of bots, which are some twenty. */
const RATE_OF_TRADE = 180;

const { seconds, minutes, trade, clicks, rate, json } = asked(() =>
  commandLine("bench:page", "Frames, long tasks, memory and nodes of the page under updates.")
    .option("--seconds <seconds>", "measured time", whole({ from: 4, to: 86_400 }), 600)
    .option(
      "--minutes <minutes>",
      "the trading page instead, and its first minute against its last",
      whole({ from: 2, to: 1_440 }),
    )
    .option("--trade", "the time from a click to its order's line instead, in a pipeline with bots")
    .option("--clicks <clicks>", "of --trade", whole({ from: 20, to: 5_000 }), 200)
    .option("--rate <updates>", "packets a second, of all channels; of --trade: orders a second", whole({ to: 10_000 }))
    .option("--json", "one JSON line instead of the table")
    .parse()
    .opts(),
);
const path = chromiumPath();
if (path === null)
  throw new Error("there is no Chromium here: apt-get install chromium-headless-shell, or set CHROMIUM_PATH");
const browser = await launchChromium(path);
try {
  const figures =
    trade === true
      ? await measureClicks(browser, clicks, rate ?? RATE_OF_TRADE)
      : minutes === undefined
        ? await measureUpdates(browser, seconds, rate ?? 1_000)
        : await measureStay(browser, minutes, rate ?? 500);
  if (json === true) console.log(JSON.stringify({ bench: "page", ...figures.json }));
  else {
    console.log(`${figures.title}, Chromium ${browser.version()}, without a GPU\n`);
    console.log(
      markdownTable(
        ["what", "limit", "measured"],
        figures.rows.map((row) => [...row]),
      ),
    );
  }
  if (figures.problems.length > 0) throw new Error(figures.problems.join("\n"));
} finally {
  await browser.close();
}
