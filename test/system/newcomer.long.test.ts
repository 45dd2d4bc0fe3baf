import { describeInBrowser } from "../support/chromium.js";
import { MailServer } from "../support/mail-server.js";
import { row, sent } from "../support/trading-page.js";
import { BourseUnderTest } from "./bourse-under-test.js";

describeInBrowser("somebody new, where bots make the market", (open) => {
  let bourse: BourseUnderTest;
  let mail: MailServer;
  before(async function () {
    this.timeout(120_000);
    mail = await MailServer.start();
    bourse = await BourseUnderTest.start({ BOTS: "1", SMTP_URL: mail.url });
  });
  after(() => bourse?.end());

  for (const width of [1_500, 320])
    it(`signs up by mail, trades with a bot, edits, cancels and signs out, ${width} px wide`, async () => {
      const { page } = await open(bourse.endpoints.notifierUrl, { viewport: { width, height: 900 } });
      const press = (name: string | RegExp) => page.getByRole("button", { name, exact: true }).click();
      const email = `ann-${width}@example.com`;
      await page.getByLabel("E-mail address").fill(email);
      await page.keyboard.press("Enter");
      await page.getByLabel("Code", { exact: true }).fill(await mail.codeFor(email));
      await page.keyboard.press("Enter");
      await page.getByText(`Signed in as ${email}`).waitFor();
      await press("Get play money");
      await row(page, "Balances", "USD").filter({ hasText: "10,000" }).first().waitFor();

      await press("Market");
      await press("Buy");
      await page.getByLabel("Quantity (BTC)").fill("0.01");
      await press("Buy BTC");
      await sent(page, /Order \d+ is filled/).waitFor();
      await row(page, "Balances", "BTC").filter({ hasText: "1.01" }).waitFor();

      await press("Limit");
      await page.getByLabel("Quantity (BTC)").fill("0.01");
      await page.getByLabel("Price (USD)").fill("50000");
      await press("Buy BTC");
      await press(/^Edit BTC-USD/);
      await page.getByLabel(/^Price of BTC-USD/).fill("50001");
      await page.keyboard.press("Enter");
      await row(page, "Open orders", "0.01 at 50001.00").waitFor();
      await press(/^Cancel BTC-USD/);
      await row(page, "Ended orders", "0.01 at 50001.00").filter({ hasText: "canceled (requested)" }).waitFor();

      await press("Sign out");
      await page.getByLabel("E-mail address").waitFor();
    });
});
