import { expect } from "chai";
import fc from "fast-check";
import { OwnOrders, type ReportJson } from "../../../../src/shared/subscriber/own-orders.js";

const ASSET = "BTC-USD";
const order = (orderId: number, status = "open"): ReportJson => ({
  asset: ASSET,
  orderId,
  status,
  receivedAtUs: 1_000,
  matchedAtUs: 3_000,
});
const report = (accountSequence: number, orderId: number, status: string): ReportJson => ({
  ...order(orderId, status),
  accountSequence,
});
const idsOf = (orders: ReadonlyMap<string, ReportJson>) => [...orders.values()].map(({ orderId }) => orderId);

describe("the page's own orders", () => {
  it("begin with the open ones, and go on with each report", () => {
    const orders = new OwnOrders(10);
    orders.begin(5, { accountSequence: 5, openOrders: [order(1), order(2)] });
    expect(orders.take(report(6, 1, "filled"), 4_000)).to.equal(true);
    expect(orders.take(report(7, 3, "open"), 4_000)).to.equal(true);
    expect([idsOf(orders.open), idsOf(orders.ended), orders.sequence]).to.deep.equal([[2, 3], [1], 7]);
  });

  it("take each report once, and none after a gap", () => {
    const orders = new OwnOrders(10);
    orders.begin(5, { accountSequence: 5, openOrders: [] });
    expect(orders.take(report(7, 1, "open"), null)).to.equal(false);
    expect(orders.take(report(5, 1, "open"), null)).to.equal(true);
    expect([orders.open.size, orders.sequence]).to.deep.equal([0, 5]);
  });

  it("are as the later of a page and a report says, while what was is read again", () => {
    const orders = new OwnOrders(10);
    orders.begin(2, { accountSequence: 5, openOrders: [order(1, "partially_filled")], next: "more" });
    orders.take(report(3, 1, "open"), null);
    expect(orders.open.get("BTC-USD/1")?.status).to.equal("partially_filled");
    orders.take(report(4, 2, "open"), null);
    orders.take(report(5, 2, "filled"), null);
    orders.take(report(6, 1, "canceled"), 9_000);
    orders.takePage({ accountSequence: 5, openOrders: [order(1)] });
    expect([idsOf(orders.open), idsOf(orders.ended)]).to.deep.equal([[], [2, 1]]);
  });

  it("keep the times of the report that answered them, with its arrival where it came live", () => {
    const orders = new OwnOrders(10);
    orders.begin(0, { accountSequence: 0, openOrders: [] });
    orders.take({ ...report(1, 1, "open"), event: "accepted" }, 9_000);
    orders.take({ ...report(2, 1, "filled"), matchedAtUs: 50_000 }, 60_000);
    expect(orders.ended.get("BTC-USD/1")?.hops).to.deep.equal({
      receivedAtUs: 1_000,
      matchedAtUs: 3_000,
      toldAtUs: 9_000,
    });
    orders.take({ ...report(3, 2, "canceled"), event: "canceled" }, 9_000);
    expect(orders.ended.get("BTC-USD/2")?.hops).to.equal(null, "it came in before, and when is not told");
  });

  it("show a refused request that names no order, and forget the oldest of the ended ones", () => {
    const orders = new OwnOrders(2);
    orders.begin(0, { accountSequence: 0, openOrders: [] });
    orders.take({ accountSequence: 1, asset: ASSET, event: "cancel_rejected", status: "rejected" }, null);
    orders.take(report(2, 1, "rejected"), null);
    orders.take(report(3, 2, "rejected"), null);
    expect([...orders.ended.keys()]).to.deep.equal(["BTC-USD/1", "BTC-USD/2"]);
  });

  it("are the same whenever the connection breaks, and wherever the snapshot is taken", () => {
    const reports = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 6 }), fc.constantFrom("open", "partially_filled", "filled", "canceled")),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(reports, fc.nat(), fc.nat(), (drawn, fromDraw, snapshotDraw) => {
        // An order that has ended stays ended.
        const ended = new Set<number>();
        const all = drawn
          .filter(([id, status]) => !ended.has(id) && (["filled", "canceled"].includes(status) ? ended.add(id) : true))
          .map(([id, status], at) => report(at + 1, id, status));
        const from = fromDraw % (all.length + 1);
        const at = from + (snapshotDraw % (all.length + 1 - from));
        const openAt = (count: number) => {
          const states = new Map(all.slice(0, count).map((one) => [one.orderId, one]));
          return [...states.values()].filter(({ status }) => status === "open" || status === "partially_filled");
        };
        const orders = new OwnOrders(100);
        orders.begin(from, { accountSequence: at, openOrders: openAt(at) });
        for (const one of all.slice(from)) expect(orders.take(one, null)).to.equal(true);
        const statuses = (of: Iterable<ReportJson>) =>
          [...of].map(({ orderId, status }) => `${orderId} ${status}`).sort();
        expect(statuses(orders.open.values())).to.deep.equal(statuses(openAt(all.length)));
      }),
    );
  });
});
