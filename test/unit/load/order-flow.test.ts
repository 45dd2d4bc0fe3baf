import { expect } from "chai";
import { MIXES, ORDER_KINDS, OrderFlow, type PlannedOrder } from "../../../tools/load/order-flow.js";

const MID_TICKS = [6_400_000, 300_000];

/** What a flow sends when every resting order becomes known at once, under ids from 1. */
function send(seed: number, orders: number): PlannedOrder[] {
  const flow = new OrderFlow({ seed, midTicks: MID_TICKS });
  return Array.from({ length: orders }, (_, i) => {
    const order = { ...flow.next(i % 2) };
    if (order.kind === "resting") flow.isResting(i % 2, order.assetIndex, i + 1);
    return order;
  });
}

describe("the order flow of a load test", () => {
  it("sends the same orders for the same seed, and others for another", () => {
    expect(send(1, 500)).to.deep.equal(send(1, 500));
    expect(send(1, 500)).not.to.deep.equal(send(2, 500));
  });

  it("mixes half resting, three tenths crossing, a fifth cancels", () => {
    const orders = send(7, 20_000);
    const share = (kind: PlannedOrder["kind"]) => orders.filter((order) => order.kind === kind).length / orders.length;
    expect(share("resting")).to.be.closeTo(0.5, 0.02);
    expect(share("crossing")).to.be.closeTo(0.3, 0.02);
    expect(share("cancel")).to.be.closeTo(0.2, 0.02);
  });

  it("lets what rests not cross, and what crosses reach everything that rests", () => {
    const flow = new OrderFlow({ seed: 3, midTicks: [1_000] });
    const prices = {
      resting: { buy: [] as number[], sell: [] as number[] },
      crossing: { buy: [] as number[], sell: [] as number[] },
    };
    for (let i = 0; i < 200; i++) {
      const { kind, side, priceTicks } = flow.next(i % 2);
      if (kind === "resting" || kind === "crossing") prices[kind][side].push(priceTicks);
    }
    expect(Math.max(...prices.resting.buy)).to.be.below(Math.min(...prices.resting.sell) + 10);
    expect(Math.min(...prices.crossing.buy)).to.be.above(Math.max(...prices.resting.sell));
    expect(Math.max(...prices.crossing.sell)).to.be.below(Math.min(...prices.resting.buy));
  });

  it("cancels each order once, the oldest first, and none that is done", () => {
    const flow = new OrderFlow({ seed: 5, midTicks: [1_000] });
    for (const orderId of [11, 12, 13, 14]) flow.isResting(0, 0, orderId);
    flow.isDone(0, 0, 12);
    const canceled: number[] = [];
    for (let i = 0; i < 200; i++) {
      const order = flow.next(0);
      if (order.kind === "cancel") canceled.push(order.orderId);
    }
    expect(canceled).to.deep.equal([11, 13, 14]);
  });

  it("lets one account only buy and the other only sell", () => {
    const flow = new OrderFlow({ seed: 5, midTicks: [1_000] });
    const sides = [0, 1].map((account) => new Set(Array.from({ length: 50 }, () => flow.next(account).side)));
    expect(sides.map((set) => [...set])).to.deep.equal([["buy"], ["sell"]]);
  });

  it("lets every other one of many accounts buy, and the others sell", () => {
    const flow = new OrderFlow({ seed: 5, midTicks: [1_000], accounts: 4 });
    expect([0, 1, 2, 3].map((account) => flow.next(account).side)).to.deep.equal(["buy", "sell", "buy", "sell"]);
  });

  it("mixes every kind as the mix says, and replaces and cancels what rests", () => {
    const flow = new OrderFlow({ seed: 9, midTicks: [6_400_000], mix: "all" });
    const counts = new Map<string, number>();
    const resting = new Set<number>();
    for (let i = 0; i < 20_000; i++) {
      const { kind, side, priceTicks, stopPriceTicks, displayLots, quantityLots, orderId } = flow.next(0);
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (kind === "cancel" || kind === "replace") expect(resting).to.include(orderId);
      if (kind === "cancel") resting.delete(orderId);
      if (kind === "stop") expect([side, priceTicks > stopPriceTicks]).to.deep.equal(["buy", true]);
      if (kind === "iceberg") expect(quantityLots).to.equal(10 * displayLots);
      if (kind === "crossing" || kind === "cancel" || kind === "replace") continue;
      resting.add(i + 1);
      flow.isResting(0, 0, i + 1);
    }
    for (const kind of ORDER_KINDS) expect((counts.get(kind) ?? 0) / 200, kind).to.be.closeTo(MIXES.all[kind], 1.5);
  });
});
