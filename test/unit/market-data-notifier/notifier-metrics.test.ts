import { expect } from "chai";
import { notifierMetrics } from "../../../src/market-data-notifier/notifier-metrics.js";
import { Metrics } from "../../../src/shared/process/metrics.js";

describe("the notifier's metrics", () => {
  it("count subscribers that were cut off from 0 on, so that the first ones are an increase", async () => {
    const metrics = new Metrics("market-data-notifier");
    notifierMetrics(metrics);
    const text = await metrics.text();
    for (const reason of ["SLOW_CONSUMER", "UNAVAILABLE"])
      expect(text).to.match(new RegExp(`^bourse_notifier_lagged_total\\{reason="${reason}".*\\} 0$`, "m"));
  });
});
