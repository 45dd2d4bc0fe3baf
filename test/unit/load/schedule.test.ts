import { expect } from "chai";
import { Schedule } from "../../../tools/load/schedule.js";

describe("the schedule of a load run", () => {
  const plan = { ratePerSecond: 100, seconds: 10, warmupSeconds: 2 };
  const at = (schedule: Schedule, ...orders: number[]) => orders.map((order) => Math.round(schedule.plannedMs(order)));

  it("is even, warm-up and all", () => {
    const schedule = new Schedule(plan);
    expect([schedule.orders, schedule.measureFrom, schedule.endMs]).to.deep.equal([1_200, 200, 12_000]);
    expect(at(schedule, 0, 1, 200, 1_199)).to.deep.equal([0, 10, 2_000, 11_990]);
  });

  it("rises from one rate to the other over the measured time", () => {
    const schedule = new Schedule({ ...plan, rampFromPerSecond: 20 });
    expect([schedule.orders, schedule.measureFrom]).to.deep.equal([40 + 600, 40]);
    const perSecond = (fromMs: number) =>
      Array.from({ length: schedule.orders }, (_, order) => schedule.plannedMs(order)).filter(
        (ms) => ms >= fromMs && ms < fromMs + 1_000,
      ).length;
    expect(perSecond(0)).to.equal(20);
    expect(perSecond(2_000)).to.be.closeTo(24, 1);
    expect(perSecond(7_000)).to.be.closeTo(64, 1);
    expect(perSecond(11_000)).to.be.closeTo(96, 1);
    expect(schedule.plannedMs(schedule.orders - 1)).to.be.within(11_900, 12_000);
  });

  it("warms up at another rate", () => {
    const schedule = new Schedule({ ...plan, warmupPerSecond: 10 });
    expect([schedule.orders, schedule.measureFrom, schedule.endMs]).to.deep.equal([1_020, 20, 12_000]);
    expect(at(schedule, 0, 1, 19, 20, 21)).to.deep.equal([0, 100, 1_900, 2_000, 2_010]);
  });

  it("sends bursts, as many on average", () => {
    const schedule = new Schedule({ ...plan, burst: 50 });
    expect(schedule.orders).to.equal(1_200);
    expect(at(schedule, 200, 249, 250, 299, 1_199)).to.deep.equal([2_000, 2_000, 2_500, 2_500, 11_500]);
  });
});
