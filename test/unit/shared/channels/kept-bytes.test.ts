import { expect } from "chai";
import { notifierMetrics } from "../../../../src/market-data-notifier/notifier-metrics.js";
import { KeptBytes } from "../../../../src/shared/channels/kept-bytes.js";
import { Metrics } from "../../../../src/shared/process/metrics.js";

const metrics = new Metrics("test");
const { keptBytes } = notifierMetrics(metrics);

describe("the budget of what is kept for subscribers", () => {
  it("is one for feeds, gates and queues, and has no excess within it", () => {
    const kept = new KeptBytes(1_000, keptBytes);
    kept.add("feeds", 400);
    kept.add("gates", 300);
    kept.add("queues", 300);
    expect([kept.total, kept.excess]).to.deep.equal([1_000, 0]);
  });

  it("asks for enough back that the next flush is within it, too", () => {
    const kept = new KeptBytes(1_000, keptBytes);
    kept.add("queues", 1_100);
    expect(kept.excess).to.equal(200);
    kept.add("queues", -200);
    expect(kept.excess).to.equal(0);
  });

  it("is shown in a metric, by what is kept", async () => {
    new KeptBytes(1_000, keptBytes).add("gates", 512);
    expect(await metrics.text()).to.match(/bourse_notifier_kept_bytes\{what="gates",.*\} 512/);
  });
});
