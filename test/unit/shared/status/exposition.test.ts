import { expect } from "chai";
import { Metrics } from "../../../../src/shared/process/metrics.js";
import { samplesIn } from "../../../../src/shared/status/exposition.js";

describe("what services print on /metrics", () => {
  it("is read back as it was set", async () => {
    const metrics = new Metrics("matching-engine");
    metrics.gauge("open_orders", "Orders in the book", ["asset"]).set({ asset: 'A"B\\C\nD' }, 12.5);
    metrics.histogram("ack_seconds", "From there to here", [1]).observe(3);
    const samples = samplesIn(await metrics.text());
    const labels = { service: "matching-engine" };
    expect(samples).to.deep.include({
      name: "bourse_open_orders",
      labels: { ...labels, asset: 'A"B\\C\nD' },
      value: 12.5,
    });
    expect(samples).to.deep.include({ name: "bourse_ack_seconds_bucket", labels: { ...labels, le: "+Inf" }, value: 1 });
    expect(samples).to.deep.include({ name: "bourse_ack_seconds_sum", labels, value: 3 });
  });

  it("may hold what is not a number, and lines that nobody knows", () => {
    const [up, down, none] = samplesIn("# HELP a b\na +Inf\nb -Inf\nc Nan\n?? what\n\n");
    expect([up?.value, down?.value]).to.deep.equal([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
    expect(none?.value).to.be.NaN;
  });
});
