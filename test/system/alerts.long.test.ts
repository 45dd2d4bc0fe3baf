import { expect } from "chai";
import { dashboardExpressions } from "../support/alert-rules.js";
import { eventually } from "../support/eventually.js";
import { TextSession } from "../support/trading-session.js";
import { MetricsScene } from "./metrics-scene.js";

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
  const scene = MetricsScene.ofTests();

  it("sees every service, raises no alarm, and every expression of rules and dashboards is answered", async () => {
    const session = await TextSession.open(scene.bourse.endpoints.orderHandler, "random2");
    await session.request("SELL SOL-USDC 1 1");
    await session.request("SELL SOL-USDC 1 1.00001");
    session.close();
    await scene.causes.orders("SOL-USDC", 5);
    await scene.causes.subscriber();
    await eventually(
      "panels with data",
      async () => {
        const empty: string[] = [];
        for (const { panel, expr } of dashboardExpressions())
          if (!MAY_BE_EMPTY.includes(panel) && (await scene.prometheus.query(expr)).length === 0) empty.push(panel);
        return empty.length === 0 ? true : null;
      },
      120_000,
    );
    for (const { expr } of [...scene.rules.values(), ...dashboardExpressions()]) await scene.prometheus.query(expr);
    expect((await scene.firing()).map(({ labels }) => labels["alertname"])).to.deep.equal([]);
  });

  it("says where it is, and ends in order on Ctrl-C", async () => {
    expect(await scene.prometheus.interrupt()).to.equal(0);
    expect(scene.prometheus.printed).to.match(/^Prometheus is at http:\/\/127\.0\.0\.1:\d+; Ctrl-C ends it$/m);
  });
});
