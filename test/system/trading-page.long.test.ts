import { expect } from "chai";
import type { Locator, Page } from "playwright-core";
import { violations } from "../support/accessibility.js";
import { describeInBrowser } from "../support/chromium.js";
import { BourseUnderTest } from "./bourse-under-test.js";

describeInBrowser("the page where people trade", (open) => {
  let bourse: BourseUnderTest;
  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.interrupt());

  const row = (page: Page, table: string, words: string | RegExp): Locator =>
    page.getByRole("table", { name: table }).getByRole("row").filter({ hasText: words });

  async function order(page: Page, side: "Buy" | "Sell", quantity: string, price: string): Promise<void> {
    await page.getByRole("button", { name: side, exact: true }).click();
    await page.getByLabel("Quantity (BTC)").fill(quantity);
    await page.getByLabel("Price (USD)").fill(price);
    await page.getByRole("button", { name: `${side} BTC` }).click();
  }

  it("takes an order of a key, says what it costs and what is wrong with it, and cancels it", async () => {
    const { page } = await open(bourse.endpoints.notifierUrl);
    await page.getByLabel("Key id").fill("random1");
    await page.getByLabel("Secret").fill("random1");
    await page.getByRole("button", { name: "Log in" }).click();
    await order(page, "Sell", "0.5", "64000.005");
    await page.locator("#order-price-problem", { hasText: "205 INVALID_PRICE" }).waitFor();
    await page.getByLabel("Price (USD)").fill("64000");
    await page.getByText("The exchange would take it").waitFor();
    await page.getByText(/^Holds 0\.5 BTC of [\d.,]+ BTC available$/).waitFor();
    await page.getByRole("button", { name: "Sell BTC" }).click();
    await row(page, "Open orders", "0.5 at 64000.00").waitFor();
    await page
      .getByRole("listitem")
      .filter({ hasText: /Order \d+ is open/ })
      .waitFor();
    await page.screenshot({ path: "/tmp/page-1.png", fullPage: true });
    expect(await violations(page)).to.deep.equal([]);
    await page.getByRole("button", { name: /^Cancel BTC-USD/ }).click();
    await row(page, "Ended orders", "canceled (requested)").waitFor();
  });
});
