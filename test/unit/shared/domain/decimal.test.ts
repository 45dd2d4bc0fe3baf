import { expect } from "chai";
import fc from "fast-check";
import { decimalStep, formatDecimal, formatPrice, parseDecimal } from "../../../../src/shared/domain/decimal.js";

const CENT = decimalStep("0.01");

describe("decimal text", () => {
  for (const [text, expected] of [
    ["64000", 6_400_000],
    ["64000.1", 6_400_010],
    ["64000.10", 6_400_010],
    ["0.01", 1],
    ["0.0100000", 1],
    ["90071992547409.91", Number.MAX_SAFE_INTEGER],
    ["90071992547409.92", "too large"],
    ["18446744073709551615", "too large"],
    ["64000.001", "off step"],
    ["0", "not positive"],
    ["0.00", "not positive"],
    ["-1", "not positive"],
    ["-0.5", "not positive"],
    ["", "not a decimal number"],
    ["NaN", "not a decimal number"],
    ["1e308", "not a decimal number"],
    ["1e-9", "not a decimal number"],
    ["007", "not a decimal number"],
    ["+1", "not a decimal number"],
    ["0x10", "not a decimal number"],
    [".5", "not a decimal number"],
    ["5.", "not a decimal number"],
    ["1.2.3", "not a decimal number"],
    ["1,000", "not a decimal number"],
    ["١", "not a decimal number"],
    ["9".repeat(41), "not a decimal number"],
  ] as const)
    it(`"${text.slice(0, 24)}" in cents is ${expected}`, () => {
      expect(parseDecimal(text, CENT)).to.equal(expected);
    });

  it("counts in steps that are not powers of ten", () => {
    const nickel = decimalStep("0.05");
    expect(parseDecimal("1.15", nickel)).to.equal(23);
    expect(parseDecimal("1.12", nickel)).to.equal("off step");
    expect(formatDecimal(23, nickel)).to.equal("1.15");
  });

  it("formats without trailing zeros and beyond 2^53", () => {
    expect(formatDecimal(6_400_010, CENT)).to.equal("64000.1");
    expect(formatDecimal(0, CENT)).to.equal("0");
    expect(formatDecimal(100, decimalStep("1"))).to.equal("100");
    expect(formatDecimal(Number.MAX_SAFE_INTEGER, decimalStep("0.5"))).to.equal("4503599627370495.5");
    expect(formatDecimal(Number.MAX_SAFE_INTEGER, decimalStep("500"))).to.equal("4503599627370495500");
  });

  it("formats a price with all the decimals of its tick", () => {
    expect(formatPrice(6_400_010, CENT)).to.equal("64000.10");
    expect(formatPrice(5, CENT)).to.equal("0.05");
    expect(formatPrice(7, decimalStep("5"))).to.equal("35");
  });

  it("comes back as it was, for every step and count", () => {
    const steps = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 99 }));
    fc.assert(
      fc.property(fc.integer({ min: 1 }), steps, (count, [scale, units]) => {
        expect(parseDecimal(formatDecimal(count, { scale, units }), { scale, units })).to.equal(count);
      }),
    );
  });

  it("refuses a step that is no number", () => {
    for (const text of ["0", "", "-0.01", "1e-2", "a"]) expect(() => decimalStep(text)).to.throw(RangeError);
  });
});
