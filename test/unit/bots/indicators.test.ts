import { expect } from "chai";
import * as indicators from "../../../src/bots/indicators.js";

const { movingAverage, relativeStrength, standardDeviation, trendPercent, volatility, zScore } = indicators;

describe("the bots' indicators", () => {
  const prices = [10, 12, 11, 13, 14];

  it("are what they are by hand", () => {
    expect(movingAverage(prices, 3)).to.be.closeTo(38 / 3, 1e-12);
    expect(standardDeviation(prices, 5)).to.be.closeTo(Math.SQRT2, 1e-12); // mean 12: 4 + 0 + 1 + 1 + 4, a fifth of it
    expect(zScore(prices, 5)).to.be.closeTo(2 / Math.SQRT2, 1e-12);
    expect(relativeStrength(prices, 4)).to.be.closeTo((100 * 5) / 6, 1e-12); // + 2 − 1 + 2 + 1
    expect(trendPercent([100, 100, 103, 103], 2, 2)).to.be.closeTo(3, 1e-12);
    expect(volatility([100, 110, 99], 3)).to.be.closeTo(0.1, 1e-12); // + 10 %, − 10 %
  });

  it("say nothing with too few prices", () => {
    for (const indicator of [movingAverage, standardDeviation, zScore, relativeStrength, volatility])
      expect(indicator([1, 2], 3), indicator.name).to.equal(null);
    expect(trendPercent([1, 2, 3], 2, 2)).to.equal(null);
  });

  it("have a value where prices don't move", () => {
    const still = [5, 5, 5, 5];
    expect([zScore(still, 4), relativeStrength(still, 3), volatility(still, 4)]).to.deep.equal([0, 50, 0]);
  });
});
