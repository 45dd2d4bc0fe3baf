import { expect } from "chai";
import { logIdAt, lots, priceTicks, streamSequence } from "../../../../src/shared/domain/units.js";

describe("branded integers", () => {
  it("refuse what is not a whole number in range", () => {
    for (const value of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(() => priceTicks(value)).to.throw(RangeError);
    for (const value of [-1, 0.5, Number.POSITIVE_INFINITY]) expect(() => lots(value)).to.throw(RangeError);
  });

  it("number a batch's requests without overlap", () => {
    expect(logIdAt(streamSequence(3), 255) + 1).to.equal(logIdAt(streamSequence(4), 0));
  });
});
