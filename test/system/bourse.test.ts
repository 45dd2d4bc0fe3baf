import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { eventually, until } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { ReportSubscriber, TradeSubscriber } from "../support/subscriber.js";
import { BinarySession, TextSession } from "../support/trading-session.js";
import { BourseUnderTest } from "./bourse-under-test.js";

const ASSET = "BTC-USD";

describe("bourse, started as npm start does", function () {
  this.timeout(90_000);
  let bourse: BourseUnderTest;
  const database = (sql: string) => execute(bourse.endpoints.databaseUrl, sql);
  const nothingIsLeft = () => until("the end of every process", () => bourse.processes().length === 0);

  before(async () => {
    bourse = await BourseUnderTest.start();
  });
  after(async () => {
    await bourse.interrupt();
    await nothingIsLeft();
  });

  it("tells every address, and keeps the passwords to its owner", () => {
    const { orderHandler, notifierUrl, natsUrl, databaseUrl, services } = bourse.endpoints;
    expect(bourse.banner).to.contain(`| nc ${orderHandler.host} ${orderHandler.port}`);
    const file = join(bourse.dataFolder, "endpoints.json");
    for (const address of [notifierUrl, new URL(natsUrl).host, file, ...services.map(({ adminUrl }) => adminUrl)])
      expect(bourse.banner).to.contain(address);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    for (const url of [natsUrl, databaseUrl]) {
      expect(new URL(url).password).to.have.length.above(20);
      expect(bourse.banner).to.not.contain(new URL(url).password);
    }
    expect(statSync(bourse.dataFolder).mode & 0o067).to.equal(0, "nobody else lists or changes the data folder");
  });

  it("shows the same trade to both clients, to subscribers and in Postgres", async () => {
    const { orderHandler, notifierUrl } = bourse.endpoints;
    const trades = new TradeSubscriber(notifierUrl, ASSET);
    const sellerReports = new ReportSubscriber(notifierUrl, "random1");
    const buyerReports = new ReportSubscriber(notifierUrl, "random2");
    const subscribers = [trades, sellerReports, buyerReports];
    await Promise.all(subscribers.map(({ subscribed }) => subscribed));
    const seller = await TextSession.open(orderHandler, "random1");
    const buyer = await BinarySession.open(orderHandler, "random2");

    const [, sellId] =
      /^ACK (\d+) BTC-USD id=resting$/.exec(await seller.request(`SELL ${ASSET} 0.5 64000 id=resting`)) ?? [];
    const newOrder = {
      asset: ASSET,
      side: 1,
      type: 1,
      quantityLots: 2000,
      priceTicks: 6_400_100,
      clientOrderId: "crossing",
    };
    const { ack } = await buyer.request({ newOrder });
    await eventually("both reports of each", () =>
      sellerReports.seen.length === 2 && buyerReports.seen.length === 2 && trades.seen.length === 1 ? true : null,
    );
    for (const client of [...subscribers, seller, buyer]) client.close();

    const orderIds = [Number(sellId), ack?.logId];
    expect(trades.seen).to.have.lengthOf(1);
    const { price, quantity, ...trade } = trades.seen[0] ?? {};
    expect([Number(price), Number(quantity)]).to.deep.equal([64_000, 0.2]);
    expect(trade).to.include({ tradeId: 1, takerSide: "buy" });
    const eventsOf = ({ seen }: ReportSubscriber) => seen.map(({ orderId, event, status }) => [orderId, event, status]);
    expect(eventsOf(sellerReports)).to.deep.equal([
      [orderIds[0], "accepted", "open"],
      [orderIds[0], "trade", "partially_filled"],
    ]);
    expect(eventsOf(buyerReports)).to.deep.equal([
      [orderIds[1], "accepted", "open"],
      [orderIds[1], "trade", "filled"],
    ]);
    expect(await database("select log_id::int, client_order_id from order_log order by log_id")).to.deep.equal([
      { log_id: orderIds[0], client_order_id: "resting" },
      { log_id: orderIds[1], client_order_id: "crossing" },
    ]);
    expect(await database("select maker_order_id::int maker, taker_order_id::int taker from trades")).to.deep.equal([
      { maker: orderIds[0], taker: orderIds[1] },
    ]);
    expect(await database("select filled_lots::int filled, status from orders order by order_id")).to.deep.equal([
      { filled: 2000, status: "partially_filled" },
      { filled: 2000, status: "filled" },
    ]);
  });

  it("does not show an account's orders without its key", async () => {
    const stranger = new ReportSubscriber(bourse.endpoints.notifierUrl, null);
    const refusal = await stranger.subscribed.then(
      () => "",
      (error: Error) => error.message,
    );
    stranger.close();
    expect(refusal).to.equal("LOGIN_REQUIRED");
  });

  it("tells operators at a glance how it is, and what is not as it should be", async () => {
    const well = await eventually("all services at work", () => {
      const status = bourse.operate("status");
      return status.code === 0 ? status.output : null;
    });
    expect(well).to.match(/^all is well\n/);
    expect(well).to.match(/^matching-engine +ready /m);
    expect(well).to.match(/^BTC-USD +open +0 +1 +(\d+) +\1 +\1 /m);
    expect(well).to.match(/^BTC-USD( +\S+ +0\.0 s){3}$/m);
    expect(well).to.match(/^ORDERS +< 1 % +[\d.]+ \w+ of 4\.0 GiB +\d+$/m);
    const [line = "", ...more] = bourse.operate("status", "--json").output.trimEnd().split("\n");
    expect(more).to.deep.equal([]);
    expect(JSON.parse(line)).to.deep.include({ problems: [], differences: [] });
    bourse.operate("asset", "halt", "ETH-USD", "--why", "a look at the status");
    const { code, output } = bourse.operate("status");
    expect(code).to.equal(1);
    expect(output).to.match(
      /^not all is well:\n {2}ETH-USD is halted: a look at the status\n {4}→ when its reason is gone: npm run asset/,
    );
    bourse.operate("asset", "resume", "ETH-USD", "--why", "seen");
  });

  it("shows operators an order's way, and says in one line that there is no such order", async () => {
    const [row] = await database("select log_id::int from order_log where client_order_id = 'crossing'");
    const { code, output } = bourse.operate("trace", ASSET, String(row?.["log_id"]));
    expect(code, output).to.equal(0);
    expect(output).to.match(/^order \d+ of BTC-USD, by \w+ \(crossing\)\n/);
    for (const step of ["received", "on disk", "decided", "logged", "handed over", "matched", "settled", "published"])
      expect(output).to.match(new RegExp(`^${step} +\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z `, "m"));
    const unknown = bourse.operate("trace", ASSET, "1");
    expect(unknown.code).to.equal(1);
    expect(unknown.output).to.match(/^trace: there is no order 1 of BTC-USD; [^\n]*\n$/);
  });

  it("does not let a second launcher have its data", async () => {
    const { code, output } = await bourse.startTwin();
    expect(code).to.equal(1);
    expect(output).to.match(/^bourse: .* is in use by the launcher with process id \d+: [^\n]*\n$/);
  });

  it("puts another process in the place of one that was killed, and goes on with its data", async () => {
    const victims = ["nats", "postgres", "matching-engine"] as const;
    for (const [index, victim] of victims.entries()) {
      await bourse.killAndWaitForNext(victim);
      const order = `BUY ${ASSET} 0.01 64000 id=after-${victim}`;
      const answer = await eventually(
        "an acknowledgement",
        async () => {
          const buyer = await TextSession.open(bourse.endpoints.orderHandler, "random2").catch(() => null);
          const answered = (await buyer?.request(order).catch(() => null)) ?? "";
          buyer?.close();
          return answered.startsWith("ACK ") ? answered : null;
        },
        30_000,
      );
      expect(answer).to.contain(`id=after-${victim}`);
      await trade(2 + index);
    }
  });

  it("ends in order on Ctrl-C, and goes on with its data", async () => {
    expect(await bourse.interrupt()).to.equal(0);
    expect(bourse.processes()).to.deep.equal([]);
    expect(existsSync(join(bourse.dataFolder, "endpoints.json"))).to.equal(false);

    await bourse.start();
    await restingOrderTrades(1000, 5);
  });

  it("leaves nothing behind when the launcher is killed, and goes on with its data", async () => {
    await bourse.kill9();
    await nothingIsLeft();

    await bourse.start();
    await restingOrderTrades(1000, 6);
  });

  /** The order of the first test is still in the book: somebody buys a part of it. */
  async function restingOrderTrades(quantityLots: number, tradeId: number): Promise<void> {
    const buyer = await TextSession.open(bourse.endpoints.orderHandler, "random2");
    expect(await buyer.request(`BUY ${ASSET} ${quantityLots / 10_000} 64000`)).to.match(/^ACK /);
    buyer.close();
    expect(await trade(tradeId)).to.include({ quantity_lots: String(quantityLots), price_ticks: "6400000" });
  }

  function trade(tradeId: number): Promise<Record<string, unknown>> {
    const row = async () => (await database(`select * from trades where trade_id = ${tradeId}`))[0];
    return eventually("the trade", row, 30_000);
  }
});
