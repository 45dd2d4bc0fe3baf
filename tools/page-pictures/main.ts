/**
 * npm run pictures: starts a pipeline, lets two accounts trade in it for some minutes, and takes the README's pictures of the
 * page with one of them logged in: docs/page-light.png and docs/page-dark.png.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadAssets } from "../../src/shared/domain/assets.js";
import { commandLine, whole } from "../../src/shared/process/options.js";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { chromiumPath, launchChromium, openPage } from "../../test/support/chromium.js";
import { LoadRun } from "../load/load-run.js";
import { startOwnPipeline } from "../load/own-pipeline.js";
import { withPalette } from "./palette-png.js";

const SIZE = { width: 1_440, height: 900 };
const BYTES_MAX = 200_000;

const { minutes, rate } = commandLine("pictures", "Takes the README's pictures of the page, with live data.")
  .option("--minutes <minutes>", "of trading before them: so many candles", whole({ to: 60 }), 12)
  .option("--rate <orders>", "orders a second", whole({ to: 1_000 }), 60)
  .parse()
  .opts();
const path = chromiumPath();
if (path === null)
  throw new Error("there is no Chromium here: apt-get install chromium-headless-shell, or set CHROMIUM_PATH");
const { target, stop } = await startOwnPipeline();
const browser = await launchChromium(path);
try {
  const { assets } = loadAssets(join(projectRoot, "config", "assets.json"));
  const trading = new LoadRun(target, {
    ratePerSecond: rate,
    seconds: minutes * 60,
    warmupSeconds: 0,
    connections: 8,
    assets: [...assets.values()],
    accounts: ["random1", "random2"],
    isText: false,
    withClientOrderIds: false,
    withReports: false,
    seed: 1,
  });
  const shot = (async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await openPage(browser, target.notifierUrl ?? "", { viewport: SIZE, colorScheme });
      await page.getByLabel("Key id").fill("random1");
      await page.getByLabel("Secret").fill("random1");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.waitForTimeout((minutes * 60_000) / 2 - 5_000);
      const file = join(projectRoot, "docs", `page-${colorScheme}.png`);
      const picture = withPalette(await page.screenshot());
      if (picture.length > BYTES_MAX)
        throw new Error(`a picture has ${picture.length} bytes, and may have ${BYTES_MAX}`);
      writeFileSync(file, picture);
      console.log(`${file}: ${picture.length} bytes`);
    }
  })();
  await Promise.all([trading.run(), shot]);
} finally {
  await browser.close();
  await stop();
}
