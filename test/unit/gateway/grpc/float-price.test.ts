import { expect } from "chai";
import fc from "fast-check";
import { floatOfTicks, ticksOfFloat } from "../../../../src/gateway/grpc/float-price.js";
import { decimalStep } from "../../../../src/shared/domain/decimal.js";
import { TEST_ASSET } from "../../../support/test-asset.js";

const float = Math.fround;

describe("prices that are floats", () => {
  it("are the tick that the client has written, as far as floats tell ticks apart", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 22 }), (ticks) => {
        expect(ticksOfFloat(float(ticks / 100), TEST_ASSET)).to.equal(ticks);
        expect(ticksOfFloat(floatOfTicks(ticks, TEST_ASSET.tick), TEST_ASSET)).to.equal(ticks);
      }),
    );
  });

  it("are the nearest tick where they lie between two", () => {
    expect(ticksOfFloat(float(64.104), TEST_ASSET)).to.equal(6410);
    expect(ticksOfFloat(float(64.106), TEST_ASSET)).to.equal(6411);
    const halves = { ...TEST_ASSET, tickSize: "0.5", tick: decimalStep("0.5") };
    expect(ticksOfFloat(float(64.2), halves)).to.equal(128);
    expect(floatOfTicks(129, halves.tick)).to.equal(64.5);
  });

  it("are refused where a float stands for more than one tick", () => {
    expect(ticksOfFloat(float(130_000.01), TEST_ASSET)).to.equal(13_000_001);
    expect(ticksOfFloat(float(300_000.01), TEST_ASSET)).to.include({ name: "INVALID_PRICE" });
  });

  for (const price of [0, -1, 0.004, Number.NaN, Number.POSITIVE_INFINITY])
    it(`refuse ${price}`, () => {
      expect(ticksOfFloat(float(price), TEST_ASSET)).to.include({ name: "INVALID_PRICE" });
    });
});
