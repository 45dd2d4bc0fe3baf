import { expect } from "chai";
import { waitFor } from "../../src/shared/process/waits.js";
import { alertRules, dashboardExpressions } from "../support/alert-rules.js";
import { eventually, until } from "../support/eventually.js";
import { patience } from "../support/machine.js";
import { TextSession } from "../support/trading-session.js";
import { AlertCauses, NEAR_LIMITS } from "./alert-causes.js";
import { BourseUnderTest } from "./bourse-under-test.js";
import { PrometheusUnderTest } from "./prometheus-under-test.js";

/** One scrape and one evaluation: what an alert without a `for` may take. */
const LOOK_MS = 10_000;
/** How often Prometheus is asked: often enough for its own looks. */
const POLL_MS = 1_000;
/** From the cause to the alert, at most. */
const SEEN_WITHIN_MS = 300_000;
/** What is there only with three nats-servers, a second engine, snapshots, or trouble. */
const MAY_BE_EMPTY = [
  "Replicas behind",
  "Copies of engines behind",
  "Age of snapshots",
  "Not as it should be",
  "Alerts that fire",
  "Books",
];

describe("npm run metrics beside a running bourse", function () {
  this.timeout(1_200_000);
  let bourse: BourseUnderTest;
  let prometheus: PrometheusUnderTest;
  let causes: AlertCauses;
  const rules = new Map(alertRules().map((rule) => [rule.alert, rule]));

  before(async () => {
    bourse = await BourseUnderTest.start(NEAR_LIMITS);
    causes = new AlertCauses(bourse);
    prometheus = await PrometheusUnderTest.start(bourse.dataFolder);
  });
  afterEach(() => causes.end());
  after(async () => {
    await prometheus?.interrupt();
    await bourse.end();
  });

  const firing = async () => (await prometheus.alerts()).filter(({ state }) => state === "firing");

  /** Waits until the alert fires, which must be so within twice its `for` after there was reason to. */
  async function fires(alert: string): Promise<void> {
    const forMs = (rules.get(alert)?.forSeconds ?? Number.NaN) * 1_000;
    const polling = { deadlineMs: patience(SEEN_WITHIN_MS), everyMs: POLL_MS };
    const { activeAt } = await waitFor(
      `${alert} to fire`,
      polling,
      async () => (await firing()).find(({ labels }) => labels["alertname"] === alert) ?? null,
    );
    const tookMs = Date.now() - Date.parse(activeAt);
    expect(tookMs, alert).to.be.below(Math.max(2 * forMs, patience(LOOK_MS)));
  }

  it("sees every service, raises no alarm, and every expression of rules and dashboards is answered", async () => {
    await until(
      "all targets answer",
      async () => (await prometheus.query('up{job="bourse"} == 1')).length === bourse.endpoints.services.length,
      60_000,
    );
    const session = await TextSession.open(bourse.endpoints.orderHandler, "random2");
    await session.request("SELL SOL-USDC 1 1");
    await session.request("SELL SOL-USDC 1 1.00001");
    session.close();
    await causes.orders("SOL-USDC", 5);
    await causes.subscriber();
    await eventually(
      "panels with data",
      async () => {
        const empty: string[] = [];
        for (const { panel, expr } of dashboardExpressions())
          if (!MAY_BE_EMPTY.includes(panel) && (await prometheus.query(expr)).length === 0) empty.push(panel);
        return empty.length === 0 ? true : null;
      },
      120_000,
    );
    for (const { expr } of [...rules.values(), ...dashboardExpressions()]) await prometheus.query(expr);
    expect((await firing()).map(({ labels }) => labels["alertname"])).to.deep.equal([]);
  });

  /** Causes that don't disturb each other, and the alerts that each of them raises. */
  const together: readonly {
    readonly of: string;
    readonly alerts: readonly string[];
    readonly begin: () => unknown;
  }[][] = [
    [
      { of: "a garbled command", alerts: ["AssetHalted"], begin: () => causes.garbled("commands", "ETH-USD") },
      { of: "a garbled order", alerts: ["DeadLetters"], begin: () => causes.garbled("orders", "SOL-USDC") },
      { of: "an edited balance", alerts: ["BooksDiffer"], begin: () => causes.editedBalance() },
      { of: "sessions", alerts: ["QueueNearlyFull"], begin: () => causes.manySessions() },
      { of: "a deadlock", alerts: ["PostgresDeadlocks"], begin: () => causes.deadlock() },
      { of: "connections", alerts: ["PostgresConnectionsNearlyUsed"], begin: () => causes.manyDatabaseConnections() },
      { of: "junk", alerts: ["StreamNearlyFull"], begin: () => causes.filledStream() },
      { of: "a forgetful reader", alerts: ["DepthLost"], begin: () => causes.forgetfulReader("BTC-USD") },
      {
        of: "a starved process",
        alerts: ["EventLoopLate"],
        begin: () => causes.stutter("market-data-notifier", 400, 100),
      },
    ],
    [
      {
        of: "a locked table while orders come",
        alerts: ["RequestsWait", "StageBehind", "PostgresLocksWait"],
        begin: async () => {
          await causes.orders("BTC-USD", 2);
          await causes.lockedTable("order_log");
        },
      },
    ],
    [
      {
        of: "broken connections",
        alerts: ["ConnectionsBreak"],
        begin: () => causes.brokenConnections("order-handler"),
      },
      {
        of: "a process that stands still",
        alerts: ["ServiceDown"],
        begin: () => causes.freeze("market-data-notifier"),
      },
      {
        of: "a target that vanished",
        alerts: ["ServiceMissing"],
        begin: () => causes.forgottenService("reconciliation"),
      },
    ],
    [
      {
        of: "nats-server that stands still while orders come",
        alerts: ["ServerAway", "OrdersRefused"],
        begin: async () => {
          await causes.orders("SOL-USDC", 20);
          causes.freeze("nats");
        },
      },
    ],
  ];
  for (const round of together)
    it(`wakes people for ${round.map(({ of }) => of).join(", ")}`, async () => {
      for (const { begin } of round) await begin();
      const missed = await Promise.allSettled(round.flatMap(({ alerts }) => alerts.map(fires)));
      expect(missed.flatMap((one) => (one.status === "rejected" ? String(one.reason) : []))).to.deep.equal([]);
    });

  it("says where it is, and ends in order on Ctrl-C", async () => {
    expect(await prometheus.interrupt()).to.equal(0);
    expect(prometheus.printed).to.match(/^Prometheus is at http:\/\/127\.0\.0\.1:\d+; Ctrl-C ends it$/m);
  });
});
