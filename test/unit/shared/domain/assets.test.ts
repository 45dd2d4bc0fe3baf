import { expect } from "chai";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { ConfigurationError } from "../../../../src/shared/domain/errors.js";

const CURRENCIES = { USD: { decimals: 6, kind: "fiat" }, BTC: { decimals: 8, kind: "crypto" } };
const BTC_USD = { asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001" };

function problem(json: unknown): string {
  try {
    parseAssets(json);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigurationError);
    return (error as Error).message;
  }
  return "none";
}
const problemOf = (asset: object) => problem({ currencies: CURRENCIES, assets: [{ ...BTC_USD, ...asset }] });

describe("the assets file", () => {
  it("says what one tick and one lot are worth, and has defaults for the rest", () => {
    const { assets } = parseAssets({
      currencies: CURRENCIES,
      assets: [{ ...BTC_USD, referencePrice: 64000, makerFeeBps: -1, takerFeeBps: 5 }],
    });
    expect(assets.get("BTC-USD")).to.deep.include({
      tickSize: "0.01",
      quoteUnitsPerTickLot: 1,
      baseUnitsPerLot: 10_000,
      referencePriceTicks: 6_400_000,
      priceCollarPercent: null,
      feeRates: { makerBps: -1, takerBps: 5 },
      rules: {
        allowSelfTrade: false,
        openOrdersMax: 1_000_000,
        displaySlicesMax: 1_000,
        eventsPerCommandMax: 100_000,
      },
    });
  });

  it("tells in one line all that is wrong with it, where it stands and what would be right", () => {
    const currencies = { ...CURRENCIES, USD: { decimals: 13, kind: "paper" } };
    const assets = [
      { ...BTC_USD, tickSize: "x", openOrdersMax: 0 },
      { asset: "btc", tickSize: "1", lotSize: "1" },
    ];
    const text = problem({ currencies, assets });
    for (const part of [
      "currency USD: decimals must be a whole number from 0 to 12",
      "currency USD: kind must be fiat, stable or crypto",
      "asset BTC-USD: tickSize can't be",
      "asset BTC-USD: openOrdersMax must be a positive whole number",
      "asset btc: asset must be BASE-QUOTE, such as BTC-USD",
    ])
      expect(text).to.contain(part);
    expect(text).to.not.contain("\n");
  });

  const mistakes: [string, object, RegExp][] = [
    ["a field that nobody knows", { takerFeesBps: 20 }, /: asset BTC-USD: takerFeesBps is not known here$/],
    [
      "a rebate above the fee",
      { makerFeeBps: -6, takerFeeBps: 5 },
      /: asset BTC-USD: it has a maker's rebate above the taker's fee$/,
    ],
    ["a flag that is none", { allowSelfTrade: "yes" }, /: asset BTC-USD: allowSelfTrade must be true or false$/],
    ["a currency that is not listed", { asset: "BTC-EUR" }, /: asset BTC-EUR: both BTC and EUR must be listed/],
    ["a quantity off the lot", { minQuantity: "0.00015" }, /: asset BTC-USD: minQuantity must be a multiple of 0.0001/],
    ["a lot below the currency's unit", { lotSize: "0.000000001" }, /one lot is not a whole number of BTC units/],
  ];
  for (const [what, asset, right] of mistakes)
    it(`is refused for ${what}`, () => {
      expect(problemOf(asset)).to.match(right);
    });

  it("is refused when an asset is listed twice, or there is no list", () => {
    expect(problem({ currencies: CURRENCIES, assets: [BTC_USD, BTC_USD] })).to.match(/asset BTC-USD: is listed twice/);
    expect(problem({ currencies: CURRENCIES, assets: {} })).to.match(/^the assets file: assets must be a list$/);
    expect(problem([])).to.match(/^the assets file: currencies is missing/);
    expect(problem(null)).to.match(/^the assets file: it must be a JSON object$/);
    expect(problem({ currencies: CURRENCIES, assets: [{ asset: "BTC-USD", tickSize: "0.01" }] })).to.match(
      /: asset BTC-USD: lotSize is missing$/,
    );
    expect(problem({ currencies: CURRENCIES, assets: [5] })).to.match(/: asset at place 1: it must be a JSON object$/);
  });
});
