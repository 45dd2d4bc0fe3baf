import { expect } from "chai";
import fc from "fast-check";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { isRefusal, REJECTS } from "../../../../src/shared/domain/rejects.js";
import { priceTicks } from "../../../../src/shared/domain/units.js";
import { limitsNeedLastPrice, refuseFarPrice } from "../../../../src/shared/requests/order-limits.js";
import { parseRequestLine, type RequestLineRules, wordsOf } from "../../../../src/shared/requests/request-line.js";

const STEPS = { tickSize: "0.01", lotSize: "0.1" };
const registry = parseAssets({
  currencies: Object.fromEntries(
    ["FREE", "SIZE", "MONEY", "PRICED", "COLLAR", "WIDE", "BLIND", "ALL", "USD"].map((currency) => [
      currency,
      { decimals: 6, kind: "crypto" },
    ]),
  ),
  assets: [
    { asset: "FREE-USD", ...STEPS },
    { asset: "SIZE-USD", ...STEPS, minQuantity: "0.5", maxQuantity: "20" },
    { asset: "MONEY-USD", ...STEPS, minNotional: "5", maxNotional: "1000.1" },
    { asset: "PRICED-USD", ...STEPS, minNotional: "5", maxNotional: "1000", referencePrice: "50" },
    { asset: "COLLAR-USD", ...STEPS, referencePrice: "33.33", priceCollarPercent: 10 },
    { asset: "WIDE-USD", ...STEPS, referencePrice: "1", priceCollarPercent: 150 },
    { asset: "BLIND-USD", ...STEPS, priceCollarPercent: 10 },
    { asset: "ALL-USD", ...STEPS, minQuantity: "1", priceCollarPercent: 10, referencePrice: "10", minNotional: "10" },
  ],
});

function verdict(line: string, lastPrice: number | null = null): string {
  const lastPriceTicks = () => (lastPrice === null ? null : priceTicks(lastPrice));
  const rules: RequestLineRules = { registry, nowMs: () => 0, lastPriceTicks, extraOptions: new Set() };
  const request = parseRequestLine(wordsOf(line), rules);
  return isRefusal(request) ? `${REJECTS[request.name].code} ${request.text}` : "taken";
}

describe("order limits", () => {
  describe("take what is at a bound and refuse what is one step beyond it", () => {
    const cases: [string, string, number?][] = [
      ["BUY SIZE-USD 0.4 1", "204 quantity 0.4 is below 0.5, the least that one order in SIZE-USD may ask for"],
      ["BUY SIZE-USD 0.5 1", "taken"],
      ["BUY SIZE-USD 20 1", "taken"],
      ["BUY SIZE-USD 20.1 1", "204 quantity 20.1 is above 20, the most that one order in SIZE-USD may ask for"],
      ["SELL SIZE-USD 20.1 MKT", "204 quantity 20.1 is above 20, the most that one order in SIZE-USD may ask for"],
      ["REPLACE SIZE-USD 1 0.4 1", "204 quantity 0.4 is below 0.5, the least that one order in SIZE-USD may ask for"],
      ["REPLACE SIZE-USD 1 20 1", "taken"],

      ["BUY MONEY-USD 1 4.99", "208 1 at 4.99 is below 5 USD, the least that one order in MONEY-USD may be worth"],
      ["BUY MONEY-USD 1 5", "taken"],
      ["BUY MONEY-USD 10 100.01", "taken"],
      [
        "BUY MONEY-USD 10 100.02",
        "208 10 at 100.02 is above 1000.1 USD, the most that one order in MONEY-USD may be worth",
      ],
      [
        "REPLACE MONEY-USD 1 1 4.99",
        "208 1 at 4.99 is below 5 USD, the least that one order in MONEY-USD may be worth",
      ],
      [
        "BUY MONEY-USD 10 MKT stop=100.02",
        "208 10 at 100.02 is above 1000.1 USD, the most that one order in MONEY-USD may be worth",
      ],
      [
        "BUY MONEY-USD - MKT quote=4.999999",
        "208 the quote amount is below 5 USD, the least that one order in MONEY-USD may be worth",
      ],
      ["BUY MONEY-USD - MKT quote=5", "taken"],
      ["BUY MONEY-USD - MKT quote=1000.1", "taken"],
      [
        "BUY MONEY-USD - MKT quote=1000.100001",
        "208 the quote amount is above 1000.1 USD, the most that one order in MONEY-USD may be worth",
      ],

      ["SELL MONEY-USD 999 MKT", "taken"],
      [
        "SELL MONEY-USD 10.1 MKT",
        "208 10.1 at 100.00 is above 1000.1 USD, the most that one order in MONEY-USD may be worth",
        10_000,
      ],
      ["SELL PRICED-USD 20 MKT", "taken"],
      [
        "SELL PRICED-USD 20.1 MKT",
        "208 20.1 at 50.00 is above 1000 USD, the most that one order in PRICED-USD may be worth",
      ],
      ["SELL PRICED-USD 20.1 MKT", "taken", 4_000],

      // 10 % of 33.33 is 3.333: from 29.997 to 36.663.
      [
        "BUY COLLAR-USD 1 29.99",
        "205 price 29.99 is not in 30.00 to 36.66, which COLLAR-USD allows now (10 % around 33.33)",
      ],
      ["BUY COLLAR-USD 1 30", "taken"],
      ["BUY COLLAR-USD 1 36.66", "taken"],
      [
        "BUY COLLAR-USD 1 36.67",
        "205 price 36.67 is not in 30.00 to 36.66, which COLLAR-USD allows now (10 % around 33.33)",
      ],
      [
        "BUY COLLAR-USD 1 36.66 stop=36.67",
        "205 stop price 36.67 is not in 30.00 to 36.66, which COLLAR-USD allows now (10 % around 33.33)",
      ],
      [
        "SELL COLLAR-USD 1 MKT stop=29.99",
        "205 stop price 29.99 is not in 30.00 to 36.66, which COLLAR-USD allows now (10 % around 33.33)",
      ],
      [
        "REPLACE COLLAR-USD 1 1 36.67",
        "205 price 36.67 is not in 30.00 to 36.66, which COLLAR-USD allows now (10 % around 33.33)",
      ],
      [
        "BUY COLLAR-USD 1 30",
        "205 price 30.00 is not in 90.00 to 110.00, which COLLAR-USD allows now (10 % around 100.00)",
        10_000,
      ],
      ["BUY COLLAR-USD 1 110", "taken", 10_000],
      ["BUY COLLAR-USD 1 MKT", "taken"],
      ["BUY WIDE-USD 1 0.01", "taken"],
      ["BUY WIDE-USD 1 2.5", "taken"],
      ["BUY WIDE-USD 1 2.51", "205 price 2.51 is not in 0.01 to 2.50, which WIDE-USD allows now (150 % around 1.00)"],
      ["BUY BLIND-USD 1 1000000", "taken"],
      [
        "BUY BLIND-USD 1 1.11",
        "205 price 1.11 is not in 0.90 to 1.10, which BLIND-USD allows now (10 % around 1.00)",
        100,
      ],
      ["BUY FREE-USD 0.1 0.01", "taken"],
    ];
    for (const [line, expected, lastPrice] of cases)
      it(`${line}${lastPrice === undefined ? "" : ` after a trade at ${lastPrice} ticks`}`, () =>
        expect(verdict(line, lastPrice)).to.equal(expected));
  });

  it("come after what an order must have, and before one another: quantity, price, worth", () => {
    expect(verdict("BUY ALL-USD 0.1 1 id=*")).to.match(/^206 /);
    expect(verdict("BUY ALL-USD 0.1 1 tif=IOC post=1")).to.match(/^207 /);
    expect(verdict("BUY ALL-USD 0.1 1 tif=GTD")).to.match(/^209 /);
    expect(verdict("BUY ALL-USD 0.1 1")).to.match(/^204 /);
    expect(verdict("BUY ALL-USD 1 1")).to.match(/^205 /);
    expect(verdict("BUY ALL-USD 1 9")).to.match(/^208 /);
    expect(verdict("BUY ALL-USD 1 10")).to.equal("taken");
  });

  it("need the last price only where something depends on it", () => {
    const needed = [...registry.assets.values()].filter(limitsNeedLastPrice).map(({ asset }) => asset);
    expect(needed).to.deep.equal(["MONEY-USD", "PRICED-USD", "COLLAR-USD", "WIDE-USD", "BLIND-USD", "ALL-USD"]);
  });

  it("hold a price in the collar exactly, at any size", () => {
    const ticks = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(ticks, ticks, fc.integer({ min: 1, max: 300 }), (reference, price, priceCollarPercent) => {
        const asset = { ...registry.assets.values().next().value, priceCollarPercent } as Parameters<
          typeof refuseFarPrice
        >[0];
        const distance = BigInt(price) - BigInt(reference);
        const isNear = (distance < 0n ? -distance : distance) * 100n <= BigInt(reference) * BigInt(priceCollarPercent);
        expect(refuseFarPrice(asset, "price", price, priceTicks(reference)) === null).to.equal(isNear);
      }),
    );
  });
});
