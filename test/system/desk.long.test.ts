import { expect } from "chai";
import { eventually, until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { BourseUnderTest } from "./bourse-under-test.js";

describe("the desk of npm start", function () {
  this.timeout(120_000);
  let bourse: BourseUnderTest;
  let authorization: string;

  before(async () => {
    bourse = await BourseUnderTest.start();
    expect(bourse.operate("account", "create", "ops").code).to.equal(0);
    const { output } = bourse.operate("account", "key", "ops", "--role", "operator", "--id", "oscar", "--json");
    authorization = `Basic ${Buffer.from(`oscar:${JSON.parse(output).secret}`).toString("base64")}`;
  });
  after(() => bourse?.end());

  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer
  async function ask(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`${bourse.endpoints.backOfficeUrl}${path}`, {
      method,
      headers: { authorization, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return await response.json();
  }

  it("is where it says, and sees every service", async () => {
    expect(bourse.banner).to.include(`desk         ${bourse.endpoints.backOfficeUrl} `);
    await eventually("a look at which all is well", async () => {
      const { problems } = await ask("GET", "/api/health");
      return problems.length === 0 || null;
    });
    const page = await fetch(bourse.endpoints.backOfficeUrl);
    expect(await page.text()).to.include("<title>Bourse: the desk</title>");
  });

  it("starts the bots, which nobody has asked for before, and stops them with no order left", async () => {
    expect(await ask("GET", "/api/bot/status")).to.include({ state: "stopped" });
    expect(await ask("POST", "/api/bot/start", { why: "a test" })).to.include({ state: "running", problem: null });
    const open = "select 1 from orders where status in ('open', 'partially_filled')";
    const { databaseUrl } = bourse.endpoints;
    await until("quotes", async () => (await execute(databaseUrl, open)).length > 20);
    expect((await ask("GET", "/api/bot/status")).positions).to.have.length.above(0);
    expect(bourse.pidOf("bots")).to.be.above(1);
    expect(await ask("POST", "/api/bot/stop", { why: "a test" })).to.include({ state: "stopped", problem: null });
    await until("no order", async () => (await execute(databaseUrl, open)).length === 0);
    expect(bourse.pidOf("bots")).to.equal(0);
  });

  it("winds everything down, and ends the services then", async () => {
    await ask("POST", "/api/wind-downs", { orders: "cancel", stopServices: true, why: "the end" });
    await until("the end of every process", () => bourse.processes().length === 0);
    expect(bourse.output).to.include("stopping: an operator, at the desk");
  });
});
