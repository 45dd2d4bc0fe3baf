import { connect } from "node:net";
import { expect } from "chai";
import type { Locator, Page } from "playwright-core";
import { violations } from "../support/accessibility.js";
import { describeInBrowser } from "../support/chromium.js";
import { patience } from "../support/machine.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const GONE_SHOWN_MS = 3_000;

describeInBrowser("the page of a running bourse", (open) => {
  let bourse: BourseUnderTest;
  before(async function () {
    this.timeout(120_000);
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.interrupt());

  /** Sends a line of the text dialect as an account; resolves when it is acknowledged. */
  async function send(account: string, line: string): Promise<void> {
    const socket = connect(bourse.endpoints.orderHandler).setEncoding("utf8");
    socket.write(`LOGIN ${account} ${account}\n${line}\nQUIT\n`);
    let answers = "";
    for await (const text of socket) answers += text;
    expect(answers).to.match(/^ACK /m);
  }

  async function logIn(page: Page, keyId: string, secret: string): Promise<void> {
    await page.getByLabel("Key id").fill(keyId);
    await page.getByLabel("Secret").fill(secret);
    await page.getByRole("button", { name: "Log in" }).click();
  }

  const openOrder = (page: Page, words: string): Locator =>
    page.getByRole("table", { name: "Open orders" }).getByRole("row").filter({ hasText: words });
  const endedOrder = (page: Page, words: string): Locator =>
    page.getByRole("table", { name: "Ended orders" }).getByRole("row").filter({ hasText: words });

  it("shows an own order that came over TCP, how long it took, and what becomes of it and of the money", async () => {
    const { page } = await open(bourse.endpoints.notifierUrl);
    await logIn(page, "random1", "random1");
    await page.getByText("No order is open.").waitFor();
    await send("random1", "SELL BTC-USD 0.5 64000 id=by-tcp");
    await openOrder(page, "0.5 at 64000.00").waitFor();
    await page
      .locator(".book tbody[data-side=sell] tr", { hasText: "64,000.00" })
      .filter({ hasText: "0.5000" })
      .waitFor();
    await page.getByText("checksum verified").waitFor();
    expect(await openOrder(page, "0.5 at 64000.00").innerText()).to.match(
      /[µm]s to match \+ .* to here = [\d.]+ (µs|ms|s)/,
    );
    await send("random2", "BUY BTC-USD 0.2 64000");
    await openOrder(page, "partially filled").waitFor();
    await page.locator(".trades tbody tr", { hasText: "64,000.00" }).first().waitFor();
    await page
      .getByRole("table", { name: "Assets" })
      .getByRole("row", { name: /BTC-USD open 64,000\.00/ })
      .waitFor();
    await page.getByText(/close 64,000\.00, volume 0\.2 so far/).waitFor();
    await page
      .getByRole("table", { name: "Balances" })
      .getByRole("row", { name: "BTC" })
      .filter({ hasText: "0.3" })
      .waitFor();
    await send("random2", "BUY BTC-USD 0.3 MKT");
    await endedOrder(page, "0.5 at 64000.00").filter({ hasText: "filled" }).waitFor();
    await page.getByText("No order is open.").waitFor();
    expect(await violations(page)).to.deep.equal([]);
  });

  it("says within three seconds that the connection is gone, and comes back by itself with all that happened", async () => {
    const { page } = await open(bourse.endpoints.notifierUrl);
    await logIn(page, "random2", "random2");
    await send("random2", "BUY ETH-USD 1 3100 id=before");
    await openOrder(page, "1 at 3100.00").waitFor();
    const startedMs = performance.now();
    const next = bourse.killAndWaitForNext("market-data-notifier");
    await page.getByRole("alert").filter({ hasText: "The connection is gone" }).waitFor();
    expect(performance.now() - startedMs).to.be.below(patience(GONE_SHOWN_MS));
    await send("random2", "CANCEL ETH-USD id=before");
    await send("random2", "BUY ETH-USD 2 3100");
    await next;
    await openOrder(page, "2 at 3100.00").waitFor();
    await endedOrder(page, "canceled (requested)").waitFor();
    expect(await page.getByRole("alert").first().innerText()).to.equal("");
    expect(await openOrder(page, "1 at 3100.00").count()).to.equal(0);
  });

  it("says in the server's words why a key is refused, and shows what is public", async () => {
    const { page } = await open(bourse.endpoints.notifierUrl);
    await logIn(page, "random1", "wrong");
    await page.getByRole("alert").filter({ hasText: "LOGIN_REJECTED" }).waitFor();
    await page.locator(".banner[data-health=live]").waitFor({ state: "attached" });
  });

  it("keeps a key in the tab only where its owner asks for that, and forgets it when it logs out", async () => {
    const { page } = await open(bourse.endpoints.notifierUrl);
    const kept = () => page.evaluate<number>("sessionStorage.length + localStorage.length + document.cookie.length");
    await logIn(page, "random1", "random1");
    await page.getByRole("button", { name: "Log out random1" }).waitFor();
    expect(await kept()).to.equal(0);
    await page.reload();
    await page.getByLabel("Keep it").check();
    await logIn(page, "random1", "random1");
    await page.getByRole("button", { name: "Log out random1" }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Log out random1" }).click();
    await page.getByLabel("Key id").waitFor();
    expect(await kept()).to.equal(0);
  });
});
