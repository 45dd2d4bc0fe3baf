/** How long somebody who trades waits: from the click on Buy to the line that says the exchange has the order. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { connectDatabase } from "../../src/shared/database/database.js";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { createLogger } from "../../src/shared/process/log.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { openPage } from "../../test/support/chromium.js";
import { LoadRun } from "../../tools/load/load-run.js";
import { startOwnPipeline } from "../../tools/load/own-pipeline.js";
import { settledCommands } from "../settled-commands.js";
import type { Figures } from "./figures.js";

/** Between two clicks, and for how long the market lives before the first and after the last one. */
const BETWEEN_MS = 250;
const AROUND_S = 20;
const CLICK_S = 1;
/** So far below the market that nothing fills it. */
const AWAY = 0.97;
const QUANTITY = "0.0001";

/** A line that says nothing after so long: the measurement is over. */
const LINE_TIMEOUT_MS = 30_000;

/**
 * The time from the next click on the button until the newest line tells of its order, in milliseconds; run in the page, which is
 * told of the click and of the line by the browser itself.
 */
const NEXT_TOOK = `new Promise((resolve, reject) => {
  setTimeout(() => reject(new Error("no line tells of the order")), ${LINE_TIMEOUT_MS});
  document.querySelector(".send").addEventListener("click", () => {
    const clickedMs = performance.now();
    const list = document.querySelector(".sent");
    const before = list.firstElementChild;
    const observer = new MutationObserver(() => {
      const newest = list.firstElementChild;
      if (newest === before || (newest.dataset.kind !== "logged" && newest.dataset.kind !== "done")) return;
      observer.disconnect();
      resolve(performance.now() - clickedMs);
    });
    observer.observe(list, { subtree: true, childList: true, attributes: true });
  }, { capture: true, once: true });
})`;

export async function measureClicks(browser: Browser, clicks: number, rate: number): Promise<Figures> {
  const { target, stop } = await startOwnPipeline({ BOTS: "1" });
  try {
    const { assets } = loadAssets(join(projectRoot, "config", "assets.json"));
    const load = new LoadRun(target, {
      ...{ ratePerSecond: rate, seconds: 2 * AROUND_S + clicks * CLICK_S, warmupSeconds: 0, connections: 8 },
      ...{ assets: [...assets.values()], accounts: ["random1", "random2"], seed: 1 },
      ...{ isText: false, withClientOrderIds: false, withReports: false },
    });
    const loaded = load.run();
    const { page, problems } = await openPage(browser, target.notifierUrl ?? "", {});
    await signedUp(page);
    await page.waitForTimeout((AROUND_S * 1_000) / 2);
    const [commandsBefore, startedMs] = [await commandsOf(target.databaseUrl ?? ""), performance.now()];
    const tooksMs = await clicked(page, clicks);
    const seconds = (performance.now() - startedMs) / 1_000;
    const perSecond = Math.round(((await commandsOf(target.databaseUrl ?? "")) - commandsBefore) / seconds);
    await loaded;
    const sorted = [...tooksMs].sort((a, b) => a - b);
    const at = (part: number) => Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN);
    const [p50, p95, p99, longest] = [at(0.5), at(0.95), at(0.99), at(1)];
    return {
      json: { clicks: tooksMs.length, perSecond, p50, p95, p99, longest },
      title: `${tooksMs.length} clicks beside bots and ${perSecond} commands a second in all`,
      rows: [
        ["click to the order's line, p50", "told", `${p50} ms`],
        ["p95", "≤ 100 ms", `${p95} ms`],
        ["p99, longest", "told", `${p99} ms, ${longest} ms`],
      ],
      problems,
    };
  } finally {
    await stop();
  }
}

/** A new person with play money, as anybody could be. */
async function signedUp(page: Page): Promise<void> {
  await page.getByLabel("E-mail address").fill("somebody@example.com");
  await page.keyboard.press("Enter");
  const told = await page.getByText(/whose code is \d{6}/).innerText();
  await page.getByLabel("Code").fill(/code is (\d{6})/.exec(told)?.[1] ?? "");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Get play money" }).click();
  await page.getByText(/^You were given /).waitFor();
}

async function clicked(page: Page, clicks: number): Promise<readonly number[]> {
  await page.getByRole("button", { name: "Best price" }).click();
  const best = Number(await page.getByLabel("Price (USD)").inputValue());
  const price = Math.floor(best * AWAY).toFixed(0);
  const tooksMs: number[] = [];
  for (let click = 0; click < clicks; click++) {
    await page.getByLabel("Price (USD)").fill(price);
    await page.getByLabel("Quantity (BTC)").fill(QUANTITY);
    const [tookMs] = await Promise.all([page.evaluate<number>(NEXT_TOOK), page.locator(".send").click()]);
    tooksMs.push(tookMs);
    await page.waitForTimeout(BETWEEN_MS);
  }
  return tooksMs;
}

/** All that was asked of all assets so far, as settled. */
async function commandsOf(databaseUrl: string): Promise<number> {
  const database = await connectDatabase(databaseUrl, {
    applicationName: "bench",
    log: createLogger("bench", "error"),
  });
  try {
    return await settledCommands(database);
  } finally {
    await database.close();
  }
}
