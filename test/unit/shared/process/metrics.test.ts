import { expect } from "chai";
import { Metrics } from "../../../../src/shared/process/metrics.js";

describe("metrics", () => {
  it("show how full each queue is at the moment of the scrape, as a whole or by asset", async () => {
    const metrics = new Metrics("order-handler");
    let fill = 0.25;
    const assets = new Map([["BTC-USD", 0.5]]);
    metrics.queue("connections", () => fill);
    metrics.queue("log", () => assets);
    expect(fillsIn(await metrics.text())).to.deep.equal([
      'queue="connections" 0.25',
      'queue="log",asset="BTC-USD" 0.5',
    ]);
    fill = 1;
    assets.clear();
    expect(fillsIn(await metrics.text())).to.deep.equal(['queue="connections" 1']);
  });

  it("of a look that fails hold up no other", async () => {
    const metrics = new Metrics("order-handler");
    metrics.onScrape(() => {
      throw new Error("the server is away");
    });
    metrics.onScrape(() => Promise.reject(new Error("the server does not answer")));
    metrics.queue("connections", () => 1);
    expect(fillsIn(await metrics.text())).to.deep.equal(['queue="connections" 1']);
  });
});

function fillsIn(text: string): string[] {
  const lines = text.matchAll(/^bourse_queue_fill_ratio\{(.*),service="order-handler"\} (.*)$/gm);
  return [...lines].map(([, labels, value]) => `${labels} ${value}`);
}
