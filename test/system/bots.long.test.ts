import { expect } from "chai";
import { until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const OPEN = "select 1 from orders where status in ('open', 'partially_filled')";

describe("bourse with bots", function () {
  this.timeout(120_000);
  let bourse: BourseUnderTest;

  before(async () => {
    bourse = await BourseUnderTest.start({ BOTS: "1", LOG_LEVEL: "info" });
  });
  after(() => bourse.end());

  const rows = async (sql: string) => (await execute(bourse.endpoints.databaseUrl, sql)).length;

  it("has a market in every asset, with trades", async () => {
    await until(
      "quotes in every asset",
      async () => (await rows(`select asset from (${OPEN.replace("1", "asset")}) o group by asset`)) === 4,
    );
    await until("trades", async () => (await rows("select 1 from trades")) >= 10, 60_000);
  });

  it("takes away what those that died had left, and goes on with the next ones", async () => {
    const [life] = await execute(bourse.endpoints.databaseUrl, "select min(client_order_id) as id from orders");
    const ofThatLife = `${OPEN} and client_order_id like '${String(life?.["id"]).split("-")[0]}-%'`;
    await until("orders of theirs", async () => (await rows(ofThatLife)) > 100, 60_000);
    await bourse.killAndWaitForNext("bots");
    await until("the end of their orders", async () => (await rows(ofThatLife)) === 0);
    await until("new orders", async () => (await rows(OPEN)) > 100, 60_000);
  });

  it("stops with no order of theirs left", async () => {
    expect(await bourse.interrupt()).to.equal(0);
    expect(bourse.output).to.include("no bot has an order left");
  });
});
