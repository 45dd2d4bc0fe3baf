import { expect } from "chai";
import { orderId } from "../../../src/shared/domain/units.js";
import { HOPS } from "../../../src/shared/order-way/order-way.js";
import { isSampled, sampledIn, samplingThreshold, spanIdOf, traceIdOf } from "../../../src/trace-export/sampling.js";

const ORDERS = 20_000;
const ids = (asset: string, at: number) => ({ asset, orderId: orderId(256 * at), commandSequence: at });
const traceIds = Array.from({ length: ORDERS }, (_, at) => traceIdOf(ids("BTC-USD", at + 1)));

describe("the ids of a trace", () => {
  it("are the same for the same order, and other ones for each asset, order and hop", () => {
    expect(traceIdOf(ids("BTC-USD", 7))).to.equal(traceIds[6]);
    expect(traceIds[6]).to.match(/^[0-9a-f]{32}$/);
    expect(new Set([...traceIds, traceIdOf(ids("ETH-USD", 7))]).size).to.equal(ORDERS + 1);
    const spanIds = [...HOPS.map(({ reaches }) => reaches), "order" as const].map((hop) =>
      spanIdOf(ids("BTC-USD", 7), hop),
    );
    for (const spanId of spanIds) expect(spanId).to.match(/^[0-9a-f]{16}$/);
    expect(new Set(spanIds).size).to.equal(HOPS.length + 1);
  });

  it("sample the share of the orders that is asked for, and with a larger share the same ones and more", () => {
    const sampled = (percent: number) => traceIds.filter((traceId) => isSampled(traceId, samplingThreshold(percent)));
    expect(sampled(100)).to.deep.equal(traceIds);
    expect(sampled(50)).to.have.length.within(0.48 * ORDERS, 0.52 * ORDERS);
    expect(sampled(1)).to.have.length.within(0.007 * ORDERS, 0.013 * ORDERS);
    expect(sampled(50)).to.include.members(sampled(1));
    expect(samplingThreshold(0.000001)).to.match(/^0{6}[0-9a-f]{8}$/);
  });

  it("are found by the commands' places alone, the first ones of a window", () => {
    for (const percent of [0.5, 30, 100]) {
      const threshold = samplingThreshold(percent);
      const asked = traceIds.flatMap((traceId, at) => (isSampled(traceId, threshold) && at >= 100 ? [at + 1] : []));
      const window = { asset: "BTC-USD", after: 100, through: ORDERS };
      expect(sampledIn(window, threshold, ORDERS)).to.deep.equal(asked);
      expect(sampledIn(window, threshold, 20)).to.deep.equal(asked.slice(0, 20));
    }
  });

  it("are as evenly spread in other assets, and far along in one", () => {
    const share = (asset: string, after: number) =>
      sampledIn({ asset, after, through: after + ORDERS }, samplingThreshold(10), ORDERS).length / ORDERS;
    for (const asset of ["BTC-USD", "ETH-USD", "X-1"])
      for (const after of [0, 10_000_000, 2 ** 32 - 10_000, 2 ** 52])
        expect(share(asset, after)).to.be.within(0.09, 0.11);
  });
});
