import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { BrowserContextOptions, Page, Route } from "playwright-core";
import { isFocusSeen, tabTo, violations } from "../support/accessibility.js";
import { describeInBrowser } from "../support/chromium.js";
import { row, sent } from "../support/trading-page.js";
import { BourseUnderTest } from "./bourse-under-test.js";

describeInBrowser("the page where people trade", (open) => {
  let bourse: BourseUnderTest;
  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.interrupt());

  async function opened(keyId: string, options: BrowserContextOptions = {}): Promise<Page> {
    const { page } = await open(bourse.endpoints.notifierUrl, options);
    await page.getByLabel("Key id").fill(keyId);
    await page.getByLabel("Secret").fill(keyId);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Order · BTC-USD" }).waitFor();
    return page;
  }

  async function order(page: Page, side: "Buy" | "Sell", quantity: string, price: string): Promise<void> {
    await page.getByRole("button", { name: side, exact: true }).click();
    await page.getByLabel("Quantity (BTC)").fill(quantity);
    await page.getByLabel("Price (USD)").fill(price);
    await page.getByRole("button", { name: `${side} BTC` }).click();
  }

  it("says what an order costs and what is wrong with it, shows it, changes it in its row, and cancels it", async () => {
    const page = await opened("random1");
    await order(page, "Sell", "0.5", "64000.005");
    await page.locator("#order-price-problem", { hasText: "205 INVALID_PRICE" }).waitFor();
    await page.getByLabel("Price (USD)").fill("64000");
    await page.getByText("The exchange would take it").waitFor();
    await page.getByText(/^Holds 0\.5 BTC of [\d.,]+ BTC available$/).waitFor();
    await page.getByRole("button", { name: "Sell BTC" }).click();
    await sent(page, /Order \d+ is open/).waitFor();
    await page.getByRole("button", { name: /^Edit BTC-USD/ }).click();
    await page.getByLabel(/^Quantity of BTC-USD/).fill("0.4");
    await page.getByLabel(/^Price of BTC-USD/).fill("64001");
    expect(await violations(page)).to.deep.equal([]);
    await page.keyboard.press("Enter");
    await row(page, "Open orders", "0.4 at 64001.00").waitFor();
    await page.getByRole("button", { name: /^Cancel BTC-USD/ }).click();
    await row(page, "Ended orders", "canceled (requested)").waitFor();
  });

  it("sends an order again whose outcome the exchange does not know, under its id: it trades once", async () => {
    const page = await opened("random1");
    const ids: string[] = [];
    // The exchange takes it, and the answer says that nobody knows.
    const unknown = async (route: Route) => {
      const { clientOrderId } = route.request().postDataJSON() as { clientOrderId: string };
      const response = await route.fetch();
      const isFirst = ids.push(clientOrderId) === 1;
      const json = { code: 302, name: "UNKNOWN_OUTCOME", text: "the log did not answer in time" };
      await route.fulfill({ response, ...(isFirst && { status: 503, json }) });
    };
    await page.route(/\/v1\/orders$/, (route) =>
      route.request().method() === "POST" ? unknown(route) : route.continue(),
    );
    await order(page, "Sell", "0.3", "65000");
    await sent(page, /It had been taken at the first attempt, and counts once/).waitFor();
    expect(ids).to.have.length(2);
    expect(new Set(ids).size).to.equal(1);
    expect(await row(page, "Open orders", "0.3 at 65000.00").count()).to.equal(1);
    await page.getByRole("button", { name: "Cancel all orders…" }).click();
    await page.getByRole("button", { name: "Yes, all" }).click();
    await page.getByText("No order is open.").waitFor();
  });

  it("can be traded at by keyboard alone, with a level of the book for a price, and rings an alarm", async () => {
    const maker = await opened("random2");
    await order(maker, "Sell", "0.2", "64000");
    await row(maker, "Open orders", "0.2 at 64000.00").waitFor();
    const page = await opened("random1");
    await page.locator(".book tbody[data-side=sell] button", { hasText: "64,000.00" }).click();
    expect(await page.getByLabel("Price (USD)").inputValue()).to.equal("64000.00");
    await page.getByLabel("Price (USD)").fill("");
    await page.getByRole("button", { name: "Dark" }).focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    expect(await violations(page)).to.deep.equal([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await page.keyboard.press("b");
    await page.keyboard.press("Escape");
    expect(await isFocusSeen(page)).to.equal(true);
    await page.keyboard.type("0.2");
    for (let press = 0; press < 5; press++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter"); // Best price
    expect(await page.getByLabel("Price (USD)").inputValue()).to.equal("64000.00");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await sent(page, /Order \d+ is filled/).waitFor();
    await row(maker, "Ended orders", "0.2 at 64000.00").filter({ hasText: "filled" }).waitFor();

    await page.getByLabel("Ring when BTC-USD is at").fill("64010");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove the alarm at 64010.00" }).waitFor();
    await order(maker, "Sell", "0.1", "64010");
    await order(page, "Buy", "0.1", "64010");
    await page.getByText("⏰ BTC-USD is at or above 64010.00").waitFor();
  });

  it("reads fills, all orders and a ledger with what there was after each entry, and saves them", async () => {
    const [page, taker] = [await opened("random2"), await opened("random1")];
    await order(page, "Sell", "0.1", "64020");
    await order(taker, "Buy", "0.1", "64020");
    await sent(taker, /Order \d+ is filled/).waitFor();
    for (const [name, file] of [
      ["Fills", "fills.csv"],
      ["All orders", "all orders.csv"],
    ] as const) {
      await page.getByRole("button", { name, exact: true }).click();
      await row(page, name, "BTC-USD").first().waitFor();
      const saved = page.waitForEvent("download");
      await page.locator(".orders").getByRole("button", { name: "Save as CSV" }).click();
      const download = await saved;
      expect(download.suggestedFilename()).to.equal(file);
      expect(readFileSync(await download.path(), "utf8")).to.match(/^Order,Side,.*\r\nBTC-USD \d+,sell,/);
      expect(await violations(page)).to.deep.equal([]);
    }
    await page.getByText("Ledger", { exact: true }).click();
    const inUsd = { has: page.getByText("USD", { exact: true }) };
    const now = await row(page, "Balances", "USD").filter(inUsd).innerText();
    const newest = await row(page, "What changed it", "USD").filter(inUsd).first().innerText();
    expect(newest.split("\t").at(-1)).to.equal(now.split("\t")[1]);
    expect(await violations(page)).to.deep.equal([]);
  });

  it("shows an order's terms, its fills with fees and its way, by keyboard, and goes on while it is looked at", async () => {
    const [page, taker] = [await opened("random2"), await opened("random1")];
    await order(page, "Sell", "0.2", "64025");
    await row(page, "Open orders", "0.2 at 64025.00").waitFor();
    await order(taker, "Buy", "0.1", "64025");
    await row(page, "Open orders", "0.2 at 64025.00").filter({ hasText: "partially filled" }).waitFor();
    const name = await row(page, "Open orders", "0.2 at 64025.00").getByRole("rowheader").innerText();
    await tabTo(page, `Details of ${name}`);
    await page.keyboard.press("Enter");
    const detail = page.getByRole("dialog", { name: /^Order \d+ · BTC-USD$/ });
    await detail.getByText("64,025.00").first().waitFor();
    await row(page, "Its fills", "maker").waitFor();
    for (const step of ["received", "on disk", "logged", "matched", "settled"])
      await row(page, "Its way through the exchange", new RegExp(`^${step}\\d{4}-`)).waitFor();
    expect(await violations(page)).to.deep.equal([]);
    await order(taker, "Buy", "0.1", "64025");
    await detail.getByText("filled", { exact: true }).waitFor();
    expect(await row(page, "Its fills", "maker").count()).to.equal(2);
    await page.keyboard.press("Escape");
    await detail.waitFor({ state: "hidden" });
    for (const table of ["Fills", "All orders"]) {
      await page.getByRole("button", { name: table, exact: true }).click();
      await page
        .getByRole("table", { name: table })
        .getByRole("button", { name: `Details of ${name}` })
        .first()
        .click();
      await detail.getByText("filled", { exact: true }).waitFor();
      await detail.getByRole("button", { name: "Close" }).click();
    }
  });

  it("moves an order that is dragged in the chart, shows that it is asked for, and puts it back with the server's words", async () => {
    const [page, taker] = [await opened("random2"), await opened("random1")];
    for (const price of ["64000", "64100"]) {
      await order(page, "Sell", "0.01", price);
      await row(page, "Open orders", `0.01 at ${price}.00`).waitFor();
      await order(taker, "Buy", "0.01", price);
      await row(page, "Ended orders", `0.01 at ${price}.00`).filter({ hasText: "filled" }).first().waitFor();
    }
    await order(page, "Sell", "0.3", "64050");
    const open = row(page, "Open orders", "0.3 at 64");
    await open.filter({ hasText: "64050.00" }).waitFor();
    const asked: string[] = [];
    let answer: (route: Route) => Promise<void> = () => Promise.resolve();
    await page.route(/\/v1\/orders\/BTC-USD\/\d+\?wait=result$/, async (route) => {
      if (route.request().method() !== "PATCH") return await route.continue();
      asked.push((route.request().postDataJSON() as { price: string }).price);
      await answer(route);
    });
    const whenAsked = () =>
      new Promise<Route>((resolve) => {
        answer = async (route) => resolve(route);
      });
    /** Looks for the line as people do: where the pointer becomes a hand, at the line's words. */
    const dragBy = async (px: number): Promise<void> => {
      const box = await page.locator(".chart").boundingBox();
      if (box === null) throw new Error("there is no chart");
      for (let y = box.y + 10; y < box.y + 320; y += 2) {
        await page.mouse.move(box.x + 20, y);
        if (!(await page.evaluate<boolean>(`!!document.querySelector(".chart [style*='cursor: pointer']")`))) continue;
        await page.mouse.down();
        await page.mouse.move(box.x + 25, y + px / 2);
        await page.mouse.move(box.x + 30, y + px);
        await page.mouse.up();
        return;
      }
      throw new Error("no line can be taken hold of");
    };

    const first = whenAsked();
    await dragBy(-30);
    const route = await first;
    await open.filter({ hasText: "changing…" }).waitFor();
    await dragBy(-30); // nothing comes of it
    await route.continue();
    expect(asked).to.have.length(1);
    expect(asked[0]).to.match(/^640[5-9]\d\.\d\d$/);
    await open.filter({ hasText: `0.3 at ${asked[0]}` }).waitFor();
    await page.getByRole("button", { name: /^Edit BTC-USD/ }).waitFor();

    const second = whenAsked();
    await dragBy(30);
    const json = { code: 304, name: "ASSET_UNAVAILABLE", text: "BTC-USD is halted" };
    await (await second).fulfill({ status: 409, json, headers: { "access-control-allow-origin": "*" } });
    await page.locator(".candles .problem", { hasText: `Back at ${asked[0]}, not at ${asked[1]}: 304` }).waitFor();
    expect(await open.innerText()).to.include(`0.3 at ${asked[0]}`);
    expect(await violations(page)).to.deep.equal([]);
    await page.getByRole("button", { name: /^Cancel BTC-USD/ }).click();
    await page.getByText("No order is open.").waitFor();
  });

  it("cancels what is open when its tab is gone, if that was asked for", async () => {
    const [page, other] = [await opened("random1"), await opened("random1")];
    await page.getByLabel(/^Cancel my orders when this tab is gone/).check();
    await page.getByText("On: when this tab is gone").waitFor();
    await order(page, "Buy", "0.1", "60000");
    await row(other, "Open orders", "0.1 at 60000.00").waitFor();
    await page.close();
    await other.getByText("No order is open.").waitFor();
  });

  it("signs somebody up by e-mail, and takes him by keyboard alone to play money, a fill, a change and out again", async () => {
    await order(await opened("random2"), "Sell", "0.1", "64030");
    const { page } = await open(bourse.endpoints.notifierUrl);
    await page.getByLabel("E-mail address").waitFor();
    /** Goes there, and writes or presses Enter. */
    const at = async (name: string, text = "") => {
      await tabTo(page, name);
      expect(await isFocusSeen(page)).to.equal(true);
      if (text !== "") await page.keyboard.press("Control+A");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    };
    await at("E-mail address", "nobody");
    await page.getByRole("alert").filter({ hasText: "email must be an e-mail address" }).waitFor();
    await at("E-mail address", "ann@example.com");
    const told = await page.getByText(/whose code is \d{6}/).innerText();
    expect(await violations(page)).to.deep.equal([]);
    await at("Code", /code is (\d{6})/.exec(told)?.[1]);
    await page.getByText(/^Signed in as ann@example\.com, account /).waitFor();
    expect(await page.evaluate("document.cookie + sessionStorage.length")).to.equal("0");

    await at("Get play money");
    await page.getByText(/^You were given 1 BTC, /).waitFor();
    await row(page, "Balances", "USD").filter({ hasText: "10,000" }).first().waitFor();
    await page.keyboard.press("Enter");
    await page.getByText(/^303 RATE_LIMITED: you have had what there is; the next one is at /).waitFor();

    await page.locator(".book tbody[data-side=sell] tr", { hasText: "64,030.00" }).waitFor();
    await page.keyboard.press("b");
    await page.keyboard.type("0.1");
    await at("Best price");
    await at("Buy BTC");
    await sent(page, /Order \d+ is filled/).waitFor();
    await row(page, "Ended orders", "0.1 at 64030.00").filter({ hasText: "filled" }).waitFor();
    await row(page, "Balances", "BTC").filter({ hasText: "1.1" }).waitFor();
    await page.keyboard.press("b");
    await page.keyboard.type("0.02");
    await at("Price (USD)", "60000");
    await row(page, "Open orders", "0.02 at 60000.00").waitFor();
    const name = await page.getByRole("button", { name: /^Edit BTC-USD/ }).getAttribute("aria-label");
    const orderName = name?.slice("Edit ".length);
    await at(`Edit ${orderName}`);
    await at(`Price of ${orderName}`, "60000.001");
    await page.locator(".edit .problem", { hasText: "205 INVALID_PRICE" }).waitFor();
    await at(`Price of ${orderName}`, "60001");
    await row(page, "Open orders", "0.02 at 60001.00").waitFor();
    await at(`Cancel ${orderName}`);
    await row(page, "Ended orders", "0.02 at 60001.00").filter({ hasText: "canceled" }).waitFor();

    await page.reload();
    await page.getByText(/^Signed in as ann@example\.com, account /).waitFor();
    await at("Sessions");
    await page.getByText(/^this one, from /).waitFor();
    expect(await violations(page)).to.deep.equal([]);
    await at("Sign out");
    await page.getByLabel("E-mail address").waitFor();
    await page.reload();
    await page.getByLabel("E-mail address").waitFor();
    expect(await page.evaluate("localStorage.length")).to.equal(0);
  });

  for (const colorScheme of ["light", "dark"] as const)
    it(`is legible on a screen of 320 px, ${colorScheme}, with all that it has`, async () => {
      const page = await opened("random2", { viewport: { width: 320, height: 640 }, colorScheme });
      await page.getByRole("button", { name: "Stop limit" }).click();
      for (const summary of ["Iceberg, minimum, self-trades", "API keys", "Ledger"])
        await page.getByText(summary, { exact: true }).click();
      await page.getByLabel("Time in force").selectOption("GTD");
      await page.getByRole("button", { name: "Make a key" }).click();
      await page.getByText("This secret is shown this once").waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth")).to.equal(320);
      expect(await violations(page)).to.deep.equal([]);
      await page
        .getByRole("button", { name: /^Details of BTC-USD/ })
        .first()
        .click();
      await row(page, "Its way through the exchange", "settled").waitFor();
      const dialog = await page.getByRole("dialog").boundingBox();
      expect((dialog?.x ?? -1) + (dialog?.width ?? 0)).to.be.within(1, 320);
      expect(await violations(page)).to.deep.equal([]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "I have it" }).click();
      await page
        .getByRole("button", { name: /^Revoke random2-/ })
        .first()
        .click();
      await page
        .getByText(/, trade, revoked/)
        .first()
        .waitFor();
    });
});
