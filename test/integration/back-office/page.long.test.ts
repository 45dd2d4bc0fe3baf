import { expect } from "chai";
import type { Page } from "playwright-core";
import { isFocusSeen, tabStops, violations } from "../../support/accessibility.js";
import { describeInBrowser } from "../../support/chromium.js";
import { startNats } from "../../support/nats.js";
import { execute } from "../../support/postgres.js";
import { type DeskUnderTest, startDesk, tradedDatabase } from "./desk-under-test.js";

const VIEWS = ["Health", "Accounts", "Transfers", "Assets", "Audit", "Stopping", "Bots"];

describeInBrowser("the desk's page", (open) => {
  let databaseUrl: string;
  let desk: DeskUnderTest;
  let nats: Awaited<ReturnType<typeof startNats>>;

  before(async () => {
    databaseUrl = await tradedDatabase();
    nats = await startNats();
    desk = await startDesk({ databaseUrl, natsUrl: nats.url });
  });
  after(async () => {
    await desk?.stop();
    await nats?.stop();
  });

  async function signIn(page: Page, key = "olga"): Promise<void> {
    await page.getByLabel("Key").fill(key);
    await page.getByLabel("Secret").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
  }
  const lastAct = async () =>
    (
      await execute(databaseUrl, "select kind, asset_state, made_by, why from actions order by action_id desc limit 1")
    )[0];

  it("lets in whoever has an operator's key, and tells others why not, in the server's words", async () => {
    const { page } = await open(desk.url);
    await signIn(page, "nobody");
    await page.getByRole("alert").getByText("the key or its secret is wrong").waitFor();
    await signIn(page, "trader");
    await page
      .getByRole("alert")
      .getByText(/a key of the role trade may not do this/)
      .waitFor();
    await signIn(page);
    await page.getByRole("heading", { name: "Not all is well" }).waitFor();
  });

  for (const colorScheme of ["light", "dark"] as const)
    it(`can be read and used by everybody, on each view, also on a narrow screen (${colorScheme})`, async () => {
      const { page } = await open(desk.url, { colorScheme, viewport: { width: 320, height: 700 } });
      expect(await violations(page)).to.deep.equal([]);
      await signIn(page);
      for (const view of VIEWS) {
        await page.getByRole("link", { name: view, exact: true }).click();
        await page.getByRole("main", { name: view }).waitFor();
        await page.getByText("looking …").waitFor({ state: "detached" });
        expect(await violations(page), view).to.deep.equal([]);
        expect(await page.evaluate("document.documentElement.scrollWidth"), view).to.equal(320);
      }
    });

  it("takes an act by the keyboard alone, shows what came of it, and has it in the audit", async () => {
    const { page } = await open(desk.url);
    await page.keyboard.press("Tab");
    await page.keyboard.type("olga");
    await page.keyboard.press("Tab");
    await page.keyboard.type("olga");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Assets", exact: true }).focus();
    expect(await isFocusSeen(page)).to.equal(true);
    await page.keyboard.press("Enter");
    await page.getByRole("form", { name: "Set a state" }).waitFor();
    expect(await tabStops(page, 4)).to.deep.equal(["Asset", "State", "Why", "Set it"]);
    await page.getByRole("form", { name: "Set a state" }).getByLabel("Why").focus();
    await page.keyboard.type("a feed is broken");
    await page.keyboard.press("Enter");
    await page.getByText("BTC-USD is halted within a second.").waitFor();
    expect(await lastAct()).to.deep.equal({
      kind: "set_asset_state",
      asset_state: "halted",
      made_by: "olga",
      why: "a feed is broken",
    });
    await page.getByRole("cell", { name: "a feed is broken" }).waitFor();
  });

  it("stops everything only when the word was typed that it shows", async () => {
    const { page } = await open(desk.url);
    await signIn(page);
    await page.getByRole("link", { name: "Stopping", exact: true }).click();
    const form = page.getByRole("form", { name: "Kill switch" });
    const word = await form.getByRole("strong").filter({ hasText: /./ }).textContent();
    await form.getByLabel("Type the word").fill("stop");
    await form.getByLabel("Why").fill("a test");
    await form.getByRole("button").click();
    await form.getByRole("status").getByText("type STOP EVERYTHING").waitFor();
    await form.getByLabel("Type the word").fill(word ?? "");
    await form.getByRole("button").click();
    await form.getByText("Everything is stopped.").waitFor();
    expect(await lastAct()).to.include({ kind: "kill_switch" });
  });

  it("shows a new key's secret once, and names that were meant as markup as they are", async () => {
    await desk.ask("POST", "/api/assets/all/state", { state: "open", why: "<img src=x onerror=alert(1)>" });
    const { page } = await open(desk.url);
    await signIn(page);
    await page.getByRole("link", { name: "Audit", exact: true }).click();
    await page.getByRole("cell", { name: "<img src=x onerror=alert(1)>" }).first().waitFor();
    await page.getByRole("link", { name: "Accounts", exact: true }).click();
    await page.getByRole("link", { name: "trader" }).click();
    const form = page.getByRole("form", { name: "New key" });
    await form.getByLabel("Why").fill("a test");
    await form.getByRole("button").click();
    await form.getByText("it is shown this once").waitFor();
    const [keyId, secret] = await form.getByRole("code").allTextContents();
    expect(keyId).to.match(/^trader-[0-9a-f]{8}$/);
    expect(secret).to.have.length(43);
    await page.getByRole("cell", { name: keyId as string }).waitFor();
    expect(await violations(page)).to.deep.equal([]);
  });
});
