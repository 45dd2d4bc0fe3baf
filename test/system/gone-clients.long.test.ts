import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { eventually, until } from "../support/eventually.js";
import { patience } from "../support/machine.js";
import { execute } from "../support/postgres.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const OPEN_ORDERS = `select name from orders join accounts using (account_id)
  where status in ('open', 'partially_filled') order by name, order_id`;

/** Nobody but Postgres and order-processing knows any more whose orders are to go. */
describe("bourse, whose order-handler is killed", function () {
  this.timeout(120_000);
  let bourse: BourseUnderTest;

  before(async () => {
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.end());

  const rows = (sql: string) => execute(bourse.endpoints.databaseUrl, sql);
  const open = async () => (await rows(OPEN_ORDERS)).map(({ name }) => name);

  async function place(account: string, ...requests: string[]): Promise<TextSession> {
    const session = await TextSession.open(bourse.endpoints.orderHandler, account, "cod=1");
    for (const request of requests) expect(await session.request(request)).to.match(/^(ACK|OK) /);
    return session;
  }

  it("cancels the orders of those who are gone, and of nobody who comes back in time", async () => {
    const patient = await TextSession.open(bourse.endpoints.orderHandler, "random2");
    expect(await patient.request("SELL ETH-USD 1 9000")).to.match(/^ACK /);
    const sessions = [
      patient,
      await place("random1", "BUY BTC-USD 0.1 100", "SELL ETH-USD 1 9000"),
      await place("random32", "BUY BTC-USD 0.1 101"),
    ];
    await until("orders in the book", async () => (await open()).length === 4);

    await bourse.killAndWaitForNext("order-handler");
    for (const session of sessions) session.close();
    const back = await eventually("a new session", () => place("random32").catch(() => null), 30_000);
    await eventually("random1's orders to go", async () => ((await open()).includes("random1") ? null : true), 30_000);
    expect(await open()).to.deep.equal(["random2", "random32"]);
    expect(
      await rows("select name, why from actions join accounts using (account_id) where actions.kind = 'cancel_all'"),
    ).to.deep.equal([{ name: "random1", why: "its session ended" }]);
    expect(await back.request("PING")).to.equal("OK PING");
    expect(await back.request("CANCELALL BTC-USD")).to.match(/^ACK /);
    back.close();
  });

  it("fires a timer at its time", async () => {
    const session = await TextSession.open(bourse.endpoints.orderHandler, "random2");
    expect(await session.request("TIMER 5")).to.equal("OK TIMER 5");
    const [{ due_in_s: dueInS } = {}] = await rows(
      "select extract(epoch from due_at - now())::float8 as due_in_s from cancel_triggers where kind = 'timer'",
    );
    expect(dueInS).to.be.within(5 - patience(4), 5);
    await bourse.killAndWaitForNext("order-handler");
    session.close();
    await eventually("random2's orders to go", async () => ((await open()).includes("random2") ? null : true), 30_000);
    const [action] = await rows("select why from actions order by action_id desc limit 1");
    expect(action).to.deep.equal({ why: "its timer ran out" });
  });

  it("has books that agree with all of that", () => {
    const main = join(projectRoot, "dist", "reconciliation", "command.js");
    const env = { ...process.env, DATABASE_URL: bourse.endpoints.databaseUrl };
    const { stdout } = spawnSync(process.execPath, [main], { env, encoding: "utf8" });
    expect(stdout).to.match(/: nothing differs\n$/);
  });
});
