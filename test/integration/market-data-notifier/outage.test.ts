import { expect } from "chai";
import type { AccountId } from "../../../src/shared/domain/units.js";
import { until } from "../../support/eventually.js";
import { type NatsForTest, startNats } from "../../support/nats.js";
import { type PostgresForTest, startPostgres } from "../../support/postgres.js";
import { type NotifierUnderTest, startNotifier } from "./notifier-under-test.js";
import { report, type Settlement, startSettlement, trade } from "./settlement-for-test.js";
import { ask, event, gather, range } from "./subscriber.js";

const ALICE = { keyId: "alice", secret: "alice" };

describe("market-data-notifier without Postgres", function () {
  this.timeout(60_000);
  let nats: NatsForTest;
  let postgres: PostgresForTest;
  let settlement: Settlement;
  let notifier: NotifierUnderTest;
  let alice: AccountId;

  before(async () => {
    [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
    const servers = { natsUrl: nats.url, databaseUrl: await postgres.createDatabase() };
    settlement = await startSettlement(servers);
    alice = await settlement.createAccount("alice");
    notifier = await startNotifier(servers);
  });
  after(async () => {
    await notifier.stop();
    await settlement.stop();
    await Promise.all([nats.stop(), postgres.stop()]);
  });

  it("tells trades and reports on, refuses what it can't read, and serves all again when it is back", async () => {
    const [subscriber, latecomer] = [notifier.connect(ALICE), notifier.connect(ALICE)];
    const [trades, reports, late] = [
      gather(subscriber, "trades"),
      gather(subscriber, "orders"),
      gather(latecomer, "orders"),
    ];
    await ask(subscriber, "subscribe", { channel: "trades", asset: "BTC-USD" });
    await ask(subscriber, "subscribe", { channel: "orders" });
    await settlement.settle("BTC-USD", { reports: range(1, 3).map((sequence) => report(alice, sequence)) });
    await until("the reports are told", () => reports.length === 3);
    await until("the latecomer is connected", () => latecomer.connected);

    await postgres.kill9();
    await settlement.publish("BTC-USD", { trades: [trade(1)], reports: [report(alice, 4)] });
    await until("live ones are told", () => trades.length === 1 && reports.length === 4);
    await until("orders are refused", async () => {
      const { code } = await ask(latecomer, "subscribe", { channel: "orders", from: 0 });
      return code === "UNAVAILABLE";
    });
    const error = (await event(notifier.connect(ALICE), "connect_error")) as Error;
    expect(error.message).to.match(/^UNAVAILABLE: /);
    await settlement.publish("BTC-USD", { trades: [trade(4)] });

    await postgres.restart();
    await until("Postgres is back", () =>
      settlement.database.query("select 1").then(
        () => true,
        () => false,
      ),
    );
    await settlement.commit("BTC-USD", {
      trades: [trade(1), trade(2), trade(3), trade(4)],
      reports: [report(alice, 4)],
    });
    await until("the trades that were missing are told", () => trades.length === 4);
    expect(trades).to.deep.equal([1, 2, 3, 4]);
    await until(
      "orders are served",
      async () => (await ask(latecomer, "subscribe", { channel: "orders", from: 0 })).ok,
    );
    await until("all reports are told", () => late.at(-1) === 4);
    expect(late).to.deep.equal([1, 2, 3, 4]);
  });
});
