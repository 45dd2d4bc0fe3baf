import { expect } from "chai";
import { decimalStep } from "../../../../src/shared/domain/decimal.js";
import {
  answered,
  dragged,
  dropped,
  type LineState,
  RESTING,
  reported,
  ticksAt,
  ticksOf,
} from "../../../../web/state/order-line.js";

describe("a height in the chart", () => {
  it("is the nearest whole tick, and none at or below nothing", () => {
    expect(ticksAt(64_000.126, decimalStep("0.01"))).to.equal(6_400_013);
    expect(ticksAt(64_000.126, decimalStep("0.05"))).to.equal(1_280_003);
    expect(ticksAt(64_002.4, decimalStep("5"))).to.equal(12_800);
    expect(ticksAt(0.1 + 0.2, decimalStep("0.1"))).to.equal(3);
    for (const value of [0, 0.004, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      expect(ticksAt(value, decimalStep("0.01"))).to.equal(null);
  });
});

describe("the line of an own order", () => {
  const asked = dropped(dragged(RESTING, 110), 100);

  it("follows the pointer, and asks for where it was let go", () => {
    const moved = dragged(dragged(RESTING, 105), 110);
    expect([ticksOf(RESTING, 100), ticksOf(moved, 100)]).to.deep.equal([100, 110]);
    expect(asked).to.deep.equal({ kind: "asked", fromTicks: 100, toTicks: 110 });
    expect(ticksOf(asked, 100)).to.equal(110);
  });

  it("asks for nothing where it was not moved, or was brought back", () => {
    expect(dropped(RESTING, 100)).to.equal(RESTING);
    expect(dropped(dragged(dragged(RESTING, 110), 100), 100)).to.equal(RESTING);
  });

  it("can't be dragged while it was asked for, or taken and not reported", () => {
    const taken = answered(asked, true, 100);
    for (const state of [asked, taken]) expect(dragged(state, 120)).to.equal(state);
  });

  it("is put back when it is refused, or when nobody knows", () => {
    expect(answered(asked, false, 100)).to.equal(RESTING);
  });

  it("stays where it was asked to be until the report has moved the order there", () => {
    const taken = answered(asked, true, 100);
    expect(ticksOf(reported(taken, 100), 100)).to.equal(110);
    expect(reported(taken, 110)).to.equal(RESTING);
  });

  it("is at rest when the report was faster than the answer, whatever price it had", () => {
    expect(reported(asked, 110)).to.equal(asked);
    expect(answered(asked, true, 110)).to.equal(RESTING);
    expect(answered(asked, true, 107)).to.equal(RESTING);
  });

  it("takes an answer of what it did not ask for nothing", () => {
    const moved: LineState = { kind: "dragged", toTicks: 5 };
    for (const state of [RESTING, moved]) expect(answered(state, true, 100)).to.equal(state);
  });
});
