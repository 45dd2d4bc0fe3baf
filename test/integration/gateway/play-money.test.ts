/** The faucet and simulated transfers, under our routes and mExchange's; what may be had is what Postgres lets the role have. */
import { expect } from "chai";
import { mexchange } from "../../../src/gateway/dialects/mexchange.js";
import { people } from "../../../src/gateway/people/people.js";
import { v1 } from "../../../src/gateway/v1/v1.js";
import { setPlayMoney } from "../../../src/launcher/play-money.js";
import { until } from "../../support/eventually.js";
import { PipelineUnderTest } from "../pipeline/pipeline-under-test.js";
import { Browser, PAGE_ORIGIN } from "./browser.js";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.js";

describe("play money", () => {
  let pipeline: PipelineUnderTest;
  let gateway: GatewayUnderTest;
  let count = 0;
  const newcomer = async () => {
    const browser = new Browser(gateway.url);
    await browser.devLogin(`newcomer${count++}@example.com`);
    return browser;
  };
  const balancesOf = async (browser: Browser) => {
    const { balances } = (await browser.ask("GET", "/v1/balances")).body;
    return Object.fromEntries(
      balances.map(({ currency, available }: { currency: string; available: string }) => [currency, available]),
    );
  };

  before(async () => {
    pipeline = await PipelineUnderTest.create();
    gateway = await startGateway(pipeline, { pageOrigins: new Set([PAGE_ORIGIN]) }, [...v1, people, mexchange]);
  });
  after(async () => {
    await gateway.stop();
    await pipeline.stop();
  });
  beforeEach(() => setPlayMoney(pipeline.database, { faucet: true, simulated: true }));

  it("comes from the faucet, of each currency once a day, and says when there is more", async () => {
    const browser = await newcomer();
    const { assets } = (await browser.ask("GET", "/api/faucet")).body;
    expect(assets.find(({ asset }: { asset: string }) => asset === "USD")).to.deep.equal({
      asset: "USD",
      amount: "10000",
      cooldownS: 86_400,
      lastAtMs: null,
      nextAtMs: null,
    });
    const one = await browser.ask("POST", "/api/faucet", { asset: "BTC" });
    expect(one.body.given).to.have.length(1);
    expect(one.body.given[0]).to.include({ asset: "BTC", amount: "1" });
    const all = await browser.ask("POST", "/api/faucet");
    expect(all.body.given.map(({ asset }: { asset: string }) => asset))
      .to.include("USD")
      .and.not.to.include("BTC");
    expect(await balancesOf(browser)).to.include({ USD: "10000", BTC: "1" });
    const { status, body, headers } = await browser.ask("POST", "/api/faucet");
    expect([status, body.name]).to.deep.equal([429, "RATE_LIMITED"]);
    expect(body.text).to.match(/the next one is at \d{4}-/);
    expect(Number(headers.get("retry-after"))).to.be.within(86_000, 86_400);
    expect((await browser.ask("POST", "/api/faucet", { asset: "XXX" })).status).to.equal(403);
  });

  it("is given once, however many ask at the same time", async () => {
    const browser = await newcomer();
    const answers = await Promise.all(Array.from({ length: 8 }, () => browser.ask("POST", "/api/faucet", {})));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(7);
    expect((await balancesOf(browser))["USD"]).to.equal("10000");
  });

  it("comes again when the faucet's time is over, as much as the table says", async () => {
    const browser = await newcomer();
    const set = (units: number, cooldown: string) =>
      pipeline.database.query("update play_money set faucet_units = $1, cooldown = $2 where currency = 'USD'", [
        units,
        cooldown,
      ]);
    const claim = () => browser.ask("POST", "/api/faucet", { asset: "USD" });
    await set(2_500_000, "1 hour");
    expect((await claim()).body.given[0].amount).to.equal("2.5");
    expect((await claim()).status).to.equal(429);
    await set(1_000_000, "1 second");
    await until("the next one", async () => (await claim()).body.given?.[0].amount === "1");
    await pipeline.database.query("delete from play_money");
  });

  it("is booked by the account itself, once for each reference, never more than it has", async () => {
    const browser = await newcomer();
    const book = (kind: string, amount: string, more: object = {}) =>
      browser.ask("POST", `/api/simulated/${kind}`, { currency: "USD", amount, ...more });
    for (let times = 0; times < 2; times++)
      expect((await book("deposit", "12.5", { reference: "first" })).body).to.include({
        kind: "deposit",
        amount: "12.5",
      });
    expect((await book("deposit", "13", { reference: "first" })).status).to.equal(400);
    const uncovered = await book("withdrawal", "12.51");
    expect([uncovered.status, uncovered.body.field]).to.deep.equal([400, "amount"]);
    expect((await book("withdrawal", "2.5")).status).to.equal(200);
    for (const amount of ["0", "-1", "1e3", "0.0000001", "90071992547410", "99999999999999999999"])
      expect([amount, (await book("deposit", amount)).status]).to.deep.equal([amount, 400]);
    expect((await balancesOf(browser))["USD"]).to.equal("10");
    const { entries } = (await browser.ask("GET", "/v1/ledger")).body;
    expect(entries.map(({ kind, amount }: { kind: string; amount: string }) => `${kind} ${amount}`)).to.deep.equal([
      "withdrawal -2.5",
      "deposit 12.5",
    ]);
  });

  it("is mExchange's, too", async () => {
    const browser = await newcomer();
    expect((await browser.ask("GET", "/api/faucet/status")).body).to.deep.equal({
      available: true,
      next_claim_at: null,
      last_claim_at: null,
      amount_per_claim: (await browser.ask("GET", "/api/faucet")).body.assets.find(
        ({ asset }: { asset: string }) => asset === "KCN",
      ).amount,
      cooldown_hours: 24,
    });
    const { body } = await browser.ask("POST", "/api/faucet/claim", { asset: "KCN" });
    expect(body).to.include({ success: true, asset: "KCN" });
    expect(body.new_balance).to.equal(body.amount);
    const again = await browser.ask("POST", "/api/faucet/claim", {});
    expect([again.status, again.body.next_claim_at]).to.deep.equal([429, body.next_claim_at]);
    expect((await browser.ask("GET", "/api/faucet/status")).body).to.include({ available: false });
    const deposited = await browser.ask("POST", "/api/balances/deposit", { asset: "EUR", amount: "5" });
    expect(deposited.body).to.deep.equal({ success: true, balance: { asset: "EUR", available: "5", locked: "0" } });
    expect((await browser.ask("POST", "/api/balances/withdraw", { asset: "EUR", amount: "6" })).status).to.equal(400);
  });

  it("is not there where nobody has said so, and not for who is suspended or may only read", async () => {
    const browser = await newcomer();
    const { keyId, secret } = (await browser.ask("POST", "/v1/keys", { role: "read" })).body;
    const authorization = `Basic ${Buffer.from(`${keyId}:${secret}`).toString("base64")}`;
    expect((await browser.ask("POST", "/api/faucet", {}, { authorization })).status).to.equal(403);
    const { account } = (await browser.ask("GET", "/api/me")).body;
    await pipeline.database.query("update accounts set suspended = true where name = $1", [account]);
    expect((await browser.ask("POST", "/api/faucet", {})).body.name).to.equal("UNSUPPORTED_COMBINATION");
    await pipeline.database.query("update accounts set suspended = false where name = $1", [account]);
    await setPlayMoney(pipeline.database, { faucet: false, simulated: false });
    expect((await browser.ask("POST", "/api/faucet", {})).status).to.equal(403);
    const booked = await browser.ask("POST", "/api/simulated/deposit", { currency: "USD", amount: "1" });
    expect(booked.body.name).to.equal("UNSUPPORTED_COMBINATION");
    await setPlayMoney(pipeline.database, { faucet: true, simulated: false });
    expect((await browser.ask("POST", "/api/simulated/deposit", { currency: "USD", amount: "1" })).status).to.equal(
      400,
    );
    expect((await browser.ask("POST", "/api/faucet", { asset: "USD" })).status).to.equal(200);
  });
});
