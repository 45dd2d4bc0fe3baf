import { expect } from "chai";
import { SERVICES } from "../../src/shared/config.js";
import { eventually } from "../support/eventually.js";
import { execute } from "../support/postgres.js";
import { BourseUnderTest, type Victim } from "./bourse-under-test.js";
import {
  expectBooksToBalance,
  expectLogToMatchAnswers,
  expectReportsToBeComplete,
  expectTradesToBeInOrder,
} from "./comparison.js";
import { ReportSubscriber, TradeSubscriber } from "./subscriber.js";
import { Trader } from "./trader.js";

const ASSETS = ["BTC-USD", "ETH-USD"];
const ACCOUNTS = ["random1", "random2"];
const ORDER_EVERY_MS = 5;
/** Acknowledgements that must have come since the last crash before the next one. */
const PROGRESS = 100;
const RECOVERY_DEADLINE_MS = 30_000;

describe("bourse under load, with every process killed in its turn", function () {
  this.timeout(180_000);
  let bourse: BourseUnderTest;
  let traders: Trader[];
  let reports: ReportSubscriber[];
  let trades: TradeSubscriber;

  before(async () => {
    bourse = await BourseUnderTest.create();
    await bourse.start();
    const { orderHandler, notifierUrl } = bourse.endpoints;
    traders = ACCOUNTS.map((account) => new Trader(account, ASSETS, () => orderHandler));
    reports = ACCOUNTS.map((account) => new ReportSubscriber(notifierUrl, account));
    trades = new TradeSubscriber(notifierUrl, ASSETS[0] as string);
    await Promise.all([...reports, trades].map(({ subscribed }) => subscribed));
    for (const trader of traders) trader.start(ORDER_EVERY_MS);
  });
  after(async () => {
    await Promise.all((traders ?? []).map((trader) => trader.stop()));
    for (const subscriber of [...(reports ?? []), trades]) subscriber?.close();
    await bourse.interrupt();
    await eventually("the end of every process", () => (bourse.processes().length === 0 ? true : null));
  });

  async function progress(what: string): Promise<void> {
    const before = traders.map(({ acknowledged }) => acknowledged);
    const seenBefore = reports.map(({ seen }) => seen.length);
    const goesOn = () =>
      traders.every(({ acknowledged }, at) => acknowledged >= (before[at] ?? 0) + PROGRESS) &&
      reports.every(({ seen }, at) => seen.length >= (seenBefore[at] ?? 0) + PROGRESS);
    await eventually(what, () => (goesOn() ? true : null), RECOVERY_DEADLINE_MS);
  }

  for (const victim of [...SERVICES, "nats", "postgres"] satisfies Victim[])
    it(`goes on after kill -9 of ${victim}`, async () => {
      await progress("orders and reports before the crash");
      await bourse.killAndWaitForNext(victim);
      await progress("orders and reports after the crash");
    });

  it("has lost nothing and done nothing twice", async () => {
    await Promise.all(traders.map((trader) => trader.stop()));
    const { databaseUrl } = bourse.endpoints;
    const requests = traders.flatMap((trader) => trader.requests);
    await eventually(
      "the last acknowledged request, settled and told",
      () => isSettled(databaseUrl),
      RECOVERY_DEADLINE_MS,
    );

    await expectLogToMatchAnswers(databaseUrl, requests);
    await expectBooksToBalance(databaseUrl);
    for (const [at, account] of ACCOUNTS.entries())
      await expectReportsToBeComplete(databaseUrl, account, reports[at]?.seen ?? []);
    expectTradesToBeInOrder(trades.seen);
    expect(requests.filter(({ fate }) => fate.kind === "acknowledged").length).to.be.greaterThan(1000);
  });

  /** True once every acknowledged request is in the log, has its report, and its owner has seen all of his reports. */
  async function isSettled(databaseUrl: string): Promise<true | null> {
    for (const [at, { requests }] of traders.entries()) {
      const logIds = requests.flatMap(({ fate, asset }) => (fate.kind === "acknowledged" ? [{ asset, ...fate }] : []));
      for (const asset of ASSETS) {
        const last = Math.max(...logIds.filter((one) => one.asset === asset).map(({ logId }) => logId));
        const [row] = await execute(
          databaseUrl,
          `select 1 from consumer_positions where service = 'order-processing' and asset = $1 and sequence >= $2`,
          [asset, last],
        );
        if (row === undefined) return null;
      }
      const [row] = await execute(
        databaseUrl,
        "select last_sequence::int as last from account_sequences join accounts using (account_id) where name = $1",
        [ACCOUNTS[at]],
      );
      if (reports[at]?.seen.at(-1)?.accountSequence !== row?.["last"]) return null;
    }
    const [open] = await execute(
      databaseUrl,
      `select 1 from order_log l where kind = 'new' and not exists (
         select from execution_reports r where r.asset = l.asset and r.order_id = l.log_id) limit 1`,
    );
    return open === undefined ? true : null;
  }
});
