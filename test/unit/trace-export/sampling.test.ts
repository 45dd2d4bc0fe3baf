import { expect } from "chai";
import { orderId } from "../../../src/shared/domain/units.js";
import { HOPS } from "../../../src/shared/order-way/order-way.js";
import { isSampled, samplingThreshold, spanIdOf, traceIdOf } from "../../../src/trace-export/sampling.js";

const ORDERS = 20_000;
const traceIds = Array.from({ length: ORDERS }, (_, at) => traceIdOf("BTC-USD", orderId(at + 1)));

describe("the ids of a trace", () => {
  it("are the same for the same order, and other ones for each asset, order and hop", () => {
    expect(traceIdOf("BTC-USD", orderId(7))).to.equal(traceIds[6]);
    expect(traceIds[6]).to.match(/^[0-9a-f]{32}$/);
    expect(new Set([...traceIds, traceIdOf("ETH-USD", orderId(7))]).size).to.equal(ORDERS + 1);
    const spanIds = [...HOPS.map(({ reaches }) => reaches), "order" as const].map((hop) =>
      spanIdOf("BTC-USD", orderId(7), hop),
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
});
