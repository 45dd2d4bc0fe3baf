import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { projectRoot } from "../../src/shared/process/project-root.js";
import { eventually, until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { ReportSubscriber, TradeSubscriber } from "../support/subscriber.js";
import { TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const ASSET = "DOGE-USD";
const ORDERS = 60;

describe("a market that an operator creates while everything runs", function () {
  this.timeout(180_000);
  let bourse: BourseUnderTest;
  const database = (sql: string) => execute(bourse.endpoints.databaseUrl, sql);
  const answered = async (path: string) => await (await fetch(`${bourse.endpoints.gatewayUrl}${path}`)).text();
  const asClient = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${bourse.endpoints.gatewayUrl}${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from("random2:random2").toString("base64")}`,
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };
  const settled = () =>
    until("everything settled", async () => {
      const [row] = await database(
        `select (select count(*) from order_log where asset = '${ASSET}')::int as logged,
           (select count(*) from orders where asset = '${ASSET}')::int as settled`,
      );
      return row?.["logged"] === row?.["settled"] && Number(row?.["logged"]) > 0;
    });

  before(async () => {
    bourse = await BourseUnderTest.start();
  });
  after(() => bourse.end());

  it("is traded over TCP and the gateway, in a currency that was not there, with nothing started again", async () => {
    const sizes = ["--tick", "0.0001", "--lot", "1", "--base-decimals", "8"];
    const { code, output } = bourse.operate("asset", "create", ASSET, ...sizes, "--why", "a test");
    expect({ code, output }).to.deep.equal({ code: 0, output: `${ASSET}: tradeable within a few seconds\n` });
    for (const account of ["random1", "random2"])
      expect(bourse.operate("account", "deposit", account, "1000000", "DOGE").code).to.equal(0);

    const trades = await eventually("a notifier that knows it", async () => {
      const subscriber = new TradeSubscriber(bourse.endpoints.notifierUrl, ASSET);
      const isKnown = await subscriber.subscribed.then(
        () => true,
        () => false,
      );
      if (isKnown) return subscriber;
      subscriber.close();
      return null;
    });
    const reports = new ReportSubscriber(bourse.endpoints.notifierUrl, "random1");
    await reports.subscribed;
    const seller = await TextSession.open(bourse.endpoints.orderHandler, "random1");
    const line = `SELL ${ASSET} 100 0.2 id=first`;
    await until("a handler that knows it", async () => /^ACK \d+ DOGE-USD/.test(await seller.request(line)));
    const bid = { side: "buy", type: "limit", quantity: "40", price: "0.2" };
    await eventually("a gateway that knows it", async () => {
      const { status, text } = await asClient("POST", "/v1/orders?wait=result", { asset: ASSET, ...bid });
      return status < 300 ? text : null;
    });
    await until("the trade and its report", () => trades.seen.length === 1 && reports.seen.length === 2);
    expect(trades.seen[0]).to.include({ price: "0.2000", quantity: "40" });
    for (const client of [trades, reports, seller]) client.close();

    for (const path of ["/v1/assets", "/binance/api/v3/exchangeInfo"])
      expect(await answered(path)).to.match(/DOGE-?USD/);
    expect(await answered(`/v1/trades/${ASSET}`)).to.include('"quantity":"40"');
    expect(await (await fetch(`${bourse.endpoints.notifierUrl}/assets.json`)).text()).to.include(ASSET);
    await until("a status without problems", () => {
      const { output: status } = bourse.operate("status");
      return /^DOGE-USD +open /m.test(status) && status.startsWith("all is well");
    });
  });

  it("loses no order while order-processing is killed, nor by a start of everything", async () => {
    const seller = await TextSession.open(bourse.endpoints.orderHandler, "random1");
    const asset = "PEPE-USD";
    const sizes = ["--tick", "0.0001", "--lot", "1", "--base-decimals", "8"];
    expect(bourse.operate("asset", "create", asset, ...sizes, "--why", "another").code).to.equal(0);
    // Orders of the newest market are acknowledged while nobody may know it who would process them.
    await until("a handler that knows it", async () =>
      (await seller.request(`BUY ${asset} 1 0.0001`)).startsWith("ACK"),
    );
    const killed = bourse.killAndWaitForNext("order-processing");
    const ids: string[] = [];
    for (let order = 0; order < ORDERS; order++) {
      const name = order % 2 === 0 ? asset : ASSET;
      const [, id] = /^ACK (\d+) /.exec(await seller.request(`BUY ${name} 1 0.0001 id=o${order}`)) ?? [];
      ids.push(`${name} ${id}`);
    }
    await killed;
    seller.close();
    const stored = async () => {
      const rows = await database("select asset || ' ' || order_id as id from orders");
      const known = new Set(rows.map(({ id }) => id));
      return ids.every((id) => known.has(id));
    };
    await until("every acknowledged order", stored);

    await bourse.interrupt();
    await bourse.start();
    const again = await TextSession.open(bourse.endpoints.orderHandler, "random1");
    for (const name of [ASSET, asset]) expect(await again.request(`BUY ${name} 1 0.0001`)).to.match(/^ACK /);
    again.close();
    await settled();
    expect(await stored()).to.equal(true);
    const env = { ...process.env, DATABASE_URL: bourse.endpoints.databaseUrl };
    const command = join(projectRoot, "dist", "reconciliation", "command.js");
    expect(execFileSync(process.execPath, [command], { env, encoding: "utf8" })).to.match(/nothing differs/);
  });
});
