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

  /** Every account gets more acknowledgements and sees more reports. */
  async function progress(when: string): Promise<void> {
    const counts = () =>
      ACCOUNTS.flatMap((account, at) => [
        { what: `acknowledgements of ${account}`, count: traders[at]?.acknowledged ?? 0 },
        { what: `reports to ${account}`, count: reports[at]?.seen.length ?? 0 },
      ]);
    const before = counts();
    await untilNothingIsMissing(when, () => {
      const stalled = counts().flatMap(({ what, count }, at) => {
        const more = count - (before[at]?.count ?? 0);
        return more < PROGRESS ? [`only ${more} more ${what}`] : [];
      });
      return stalled.length === 0 ? null : stalled.join(", ");
    });
  }

  for (const victim of [...SERVICES, "nats", "postgres"] satisfies Victim[])
    it(`goes on after kill -9 of ${victim}`, async () => {
      await progress("before the crash");
      await bourse.killAndWaitForNext(victim);
      await progress("after the crash");
    });

  it("has lost nothing and done nothing twice", async () => {
    await Promise.all(traders.map((trader) => trader.stop()));
    const { databaseUrl } = bourse.endpoints;
    const requests = traders.flatMap((trader) => trader.requests);
    await untilNothingIsMissing("at the end", () => whatIsMissing(databaseUrl));

    await expectLogToMatchAnswers(databaseUrl, requests);
    await expectBooksToBalance(databaseUrl);
    for (const [at, account] of ACCOUNTS.entries())
      await expectReportsToBeComplete(databaseUrl, account, reports[at]?.seen ?? []);
    expectTradesToBeInOrder(trades.seen);
    expect(requests.filter(({ fate }) => fate.kind === "acknowledged").length).to.be.greaterThan(1000);
  });

  /** Null once every acknowledged request is in the log and has its report, and its owner has seen all of his reports. */
  async function whatIsMissing(databaseUrl: string): Promise<string | null> {
    for (const [at, { requests }] of traders.entries()) {
      for (const asset of ASSETS) {
        const logIds = requests.flatMap((one) =>
          one.asset === asset && one.fate.kind === "acknowledged" ? [one.fate.logId] : [],
        );
        const [position] = await execute(
          databaseUrl,
          "select sequence::float8 from consumer_positions where service = 'order-processing' and asset = $1",
          [asset],
        );
        const reached = Number(position?.["sequence"] ?? 0);
        const acknowledged = Math.max(...logIds);
        if (reached < acknowledged) return `${asset}: ${acknowledged} is acknowledged, the log ends with ${reached}`;
      }
      const [account] = await execute(
        databaseUrl,
        "select last_sequence::int as last from account_sequences join accounts using (account_id) where name = $1",
        [ACCOUNTS[at]],
      );
      const seen = reports[at]?.seen.at(-1)?.accountSequence;
      if (seen !== account?.["last"]) return `${ACCOUNTS[at]} has ${account?.["last"]} reports, and saw up to ${seen}`;
    }
    const unsettled = await execute(
      databaseUrl,
      `select asset, min(log_id)::text as first, count(*)::int as orders from order_log l where kind = 'new' and not exists (
         select from execution_reports r where r.asset = l.asset and r.order_id = l.log_id) group by asset`,
    );
    return unsettled.length === 0 ? null : `no reports of ${JSON.stringify(unsettled)}`;
  }
});

/** Fails with the last answer when there is still one after the deadline. */
async function untilNothingIsMissing(when: string, ask: () => Promise<string | null> | string | null): Promise<void> {
  let missing: string | null = null;
  const isComplete = async () => {
    missing = await ask();
    return missing === null ? true : null;
  };
  await eventually(when, isComplete, RECOVERY_DEADLINE_MS).catch((cause) => {
    throw new Error(`${when}: ${missing}`, { cause });
  });
}
