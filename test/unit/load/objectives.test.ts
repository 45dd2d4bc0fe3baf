import { expect } from "chai";
import type { LoadOutcome } from "../../../tools/load/load-run.js";
import { type Objective, verdictsOf, verdictText } from "../../../tools/load/objectives.js";
import { OrderTiming } from "../../../tools/load/order-timing.js";

/** 1,000 orders in 10 s, of which so many were acknowledged after so long; the last answer came so long after the plan's end. */
function outcome(acknowledged: number, ackMs: number, tailMs: number): LoadOutcome {
  const timing = new OrderTiming({ orders: 1_000, measureFrom: 0 });
  for (let order = 0; order < acknowledged; order++) {
    timing.sent(order, 0, 0);
    timing.answered(order, ackMs);
  }
  return { timing, measuredOrders: 1_000, plannedMs: 10_000, measuredMs: 10_000 + tailMs } as unknown as LoadOutcome;
}

describe("the objectives of a load run", () => {
  const p99: Objective = { name: "ack-p99-ms", of: "acknowledged", percentile: "p99", limitMs: 10 };
  const isMet = (...run: Parameters<typeof outcome>) =>
    verdictsOf([p99], outcome(...run)).map((verdict) => verdict.isMet);

  it("are the rate, and the latencies that were asked for", () => {
    expect(isMet(1_000, 9, 100)).to.deep.equal([true, true]);
    expect(isMet(1_000, 11, 100)).to.deep.equal([true, false]);
    expect(isMet(980, 9, 100)).to.deep.equal([false, true]);
    expect(isMet(1_000, 9, 2_000)).to.deep.equal([false, true]);
  });

  it("are missed where nothing was measured", () => {
    expect(verdictsOf([{ ...p99, of: "reported" }], outcome(1_000, 1, 0))[1]).to.include({ value: null, isMet: false });
  });

  it("say what was reached, and what was wanted", () => {
    const [rate, ack] = verdictsOf([p99], outcome(1_000, 12.5, 0)).map(verdictText);
    expect(rate).to.equal("met    rate: 100/s, wanted 100/s");
    expect(ack).to.match(/^MISSED ack-p99-ms: 12\.5\d? ms, wanted 10\.00 ms$/);
  });
});
