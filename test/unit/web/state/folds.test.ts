import { expect } from "chai";
import {
  assetOf,
  priceText,
  quantityText,
  shortQuantityText,
  stepsOf,
} from "../../../../src/shared/subscriber/asset.js";
import { BookSide } from "../../../../src/shared/subscriber/book-side.js";
import {
  arrowOf,
  changeText,
  dateTimeText,
  durationText,
  timeText,
  withThousands,
} from "../../../../src/shared/subscriber/formats.js";
import { depthCurve } from "../../../../web/state/depth-curve.js";
import { groupingSteps, groupRows } from "../../../../web/state/grouping.js";
import { hopsText } from "../../../../web/state/hops.js";

const sideOf = (kind: "bids" | "asks", levels: readonly (readonly [number, number])[]) => {
  const side = new BookSide(kind);
  for (const [price, quantity] of levels) side.set(price, quantity);
  return side;
};

describe("the page's numbers", () => {
  const asset = assetOf({ asset: "X-Y", base: "X", quote: "Y", tickSize: "0.05", lotSize: "0.001" });

  it("are whole steps of the asset, and the same text again", () => {
    expect(stepsOf("64000.10", asset.tick)).to.equal(1280002);
    expect(priceText(asset, 1280002)).to.equal("64000.10");
    expect([quantityText(asset, 500), shortQuantityText(asset, 500)]).to.deep.equal(["0.500", "0.5"]);
    expect([stepsOf("0", asset.lot), stepsOf("0.00", asset.lot)]).to.deep.equal([0, 0]);
    expect(() => stepsOf("0.01", asset.tick)).to.throw(RangeError, "off step");
  });

  it("are cut into threes, changes have a sign and an arrow, durations a unit", () => {
    expect(["1234567.5", "999", "-1000.00"].map(withThousands)).to.deep.equal(["1,234,567.5", "999", "-1,000.00"]);
    expect([changeText(100, 101.25), changeText(100, 99), changeText(100, 100), changeText(0, 1)]).to.deep.equal([
      "+1.25 %",
      "−1.00 %",
      "±0.00 %",
      "",
    ]);
    expect([2, -1, 0].map(arrowOf)).to.deep.equal(["▲", "▼", "■"]);
    expect([850, 2_100, 250_000, 1_500_000].map(durationText)).to.deep.equal(["850 µs", "2.1 ms", "250 ms", "1.50 s"]);
    expect(timeText(0)).to.match(/^\d\d:\d\d:00$/);
    expect(dateTimeText(86_400_000_000)).to.match(/^1970-01-0[12] \d\d:\d\d:00$/);
  });

  it("say how long an order took as far as that is known", () => {
    const hops = { receivedAtUs: 1_000, matchedAtUs: 3_100, toldAtUs: 4_000 };
    expect(hopsText(hops)).to.equal("2.1 ms to match + 900 µs to here = 3.0 ms");
    expect(hopsText({ ...hops, toldAtUs: null })).to.equal("2.1 ms to match");
    expect(hopsText({ ...hops, toldAtUs: 3_000 })).to.equal("2.1 ms to match, this clock is behind");
    expect(hopsText(null)).to.equal("");
  });
});

describe("the page's grouping", () => {
  const bids = sideOf("bids", [
    [104, 1],
    [103, 2],
    [99, 4],
    [95, 8],
  ]);

  it("sums what rests in each step, at the step's worse end, with totals from the best one on", () => {
    expect(groupRows(bids, "bids", 5, 10)).to.deep.equal([
      { priceTicks: 100, quantityLots: 3, totalLots: 3 },
      { priceTicks: 95, quantityLots: 12, totalLots: 15 },
    ]);
    const asks = sideOf("asks", [
      [101, 1],
      [105, 2],
      [106, 4],
    ]);
    expect(groupRows(asks, "asks", 5, 10).map(({ priceTicks, totalLots }) => [priceTicks, totalLots])).to.deep.equal([
      [105, 3],
      [110, 7],
    ]);
    expect(groupRows(bids, "bids", 1, 2).map(({ priceTicks }) => priceTicks)).to.deep.equal([104, 103]);
  });

  it("offers steps up to a hundredth of the price", () => {
    expect(groupingSteps(6_400_000)).to.deep.equal([1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 50_000]);
    expect(groupingSteps(10)).to.deep.equal([1]);
  });
});

describe("the page's depth curve", () => {
  it("sums outwards from the best levels, within the part of the price that is shown", () => {
    const curve = depthCurve(
      sideOf("bids", [
        [990, 1],
        [900, 2],
        [400, 9],
      ]),
      sideOf("asks", [[1010, 3]]),
      0.2,
    );
    expect(curve).to.deep.equal({
      lowTicks: 800,
      highTicks: 1200,
      topLots: 3,
      bids: [
        { priceTicks: 990, totalLots: 1 },
        { priceTicks: 900, totalLots: 3 },
      ],
      asks: [{ priceTicks: 1010, totalLots: 3 }],
    });
  });

  it("is none where a side is empty", () => {
    expect(depthCurve(sideOf("bids", []), sideOf("asks", [[1, 1]]), 0.1)).to.equal(null);
  });
});
