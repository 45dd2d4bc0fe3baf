import { expect } from "chai";
import fc from "fast-check";
import {
  budgetHoldUnits,
  coverUnits,
  feeOf,
  holdUnits,
  notionalUnits,
  spendableUnits,
} from "../../../../src/shared/domain/funds.js";

/** A tick times a lot is 10 units of quote currency, a lot 1,000 units of base currency. */
const ASSET = { quoteUnitsPerTickLot: 10, baseUnitsPerLot: 1_000 };
const FEES = { makerBps: 10, takerBps: 20 };
const REBATE = { makerBps: -5, takerBps: 5 };
const SELL = { side: "sell", priceTicks: null, feeRates: FEES, feeCarry: 0 } as const;

const buy = (leavesLots: number, priceTicks: number, feeRates = FEES, feeCarry = 0) =>
  holdUnits(ASSET, { side: "buy", leavesLots, priceTicks, feeRates, feeCarry });

describe("funds", () => {
  describe("what an order holds", () => {
    const cases: [string, number | null, number | null][] = [
      ["a buy: its worth and the highest fee, rounded up", buy(7, 100), 7_000 + 14],
      ["a buy whose fee is no whole unit", buy(1, 1), 10 + 1],
      ["a buy where the maker is paid", buy(7, 100, REBATE), 7_000 + 4],
      ["a buy without fees", buy(7, 100, { makerBps: 0, takerBps: 0 }), 7_000],
      ["a buy that has paid too much fee already", buy(7, 100, FEES, 9_999), 7_000 + 14],
      ["a buy that is done", buy(0, 100, FEES, 9_999), 0],
      ["a sell: what it sells", holdUnits(ASSET, { ...SELL, leavesLots: 7 }), 7_000],
      ["more than a balance can be", buy(2 ** 40, 2 ** 40), null],
      ["the worth of an order", notionalUnits(ASSET, 100, 7), 7_000],
      ["a buy's cover, in ticks * lots", coverUnits(ASSET, "buy", 700, FEES), 7_014],
      ["a sell's cover, in lots", coverUnits(ASSET, "sell", 7, FEES), 7_000],
      [
        "a budget: all of it, but for what no fill can spend",
        budgetHoldUnits(spendableUnits(1_000, FEES), FEES),
        1_000,
      ],
    ];
    for (const [title, actual, expected] of cases) it(title, () => expect(actual).to.equal(expected));
  });

  describe("what a fill costs", () => {
    it("is rounded up, and what was paid too much is taken off the next fill", () => {
      const first = feeOf(250, 20, 0); // half a unit
      expect(first).to.deep.equal({ units: 1, feeCarry: 5_000 });
      expect(feeOf(250, 20, first.feeCarry)).to.deep.equal({ units: 0, feeCarry: 0 });
    });

    it("a rebate is rounded in the exchange's favor", () => {
      expect(feeOf(30_000, -5, 0)).to.deep.equal({ units: -15, feeCarry: 0 });
      expect(feeOf(3_000, -5, 0)).to.deep.equal({ units: -1, feeCarry: 5_000 });
    });
  });

  const bps = fc.integer({ min: -1_000, max: 1_000 });
  const rates = fc.record({ makerBps: bps, takerBps: bps });

  it("an order never pays more than it holds, in however many pieces and at whatever prices it trades", () => {
    const fill = fc.record({ lots: fc.nat(50), improvement: fc.nat(30), isMaker: fc.boolean() });
    fc.assert(
      fc.property(rates, fc.integer({ min: 31, max: 90_000 }), fc.array(fill), (feeRates, priceTicks, fills) => {
        let leavesLots = fills.reduce((sum, { lots }) => sum + lots, 5);
        let feeCarry = 0;
        let held = Number(buy(leavesLots, priceTicks, feeRates));
        for (const { lots, improvement, isMaker } of fills) {
          const worth = lots * (priceTicks - improvement) * ASSET.quoteUnitsPerTickLot;
          const fee = feeOf(worth, isMaker ? feeRates.makerBps : feeRates.takerBps, feeCarry);
          leavesLots -= lots;
          feeCarry = fee.feeCarry;
          const holdNow = Number(buy(leavesLots, priceTicks, feeRates, feeCarry));
          expect(held - worth - fee.units).to.be.at.least(holdNow);
          held = holdNow;
        }
      }),
    );
  });

  it("over all its fills an order pays its fee rounded up once", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000)), bps, (worths, rate) => {
        let [paid, feeCarry] = [0, 0];
        for (const worth of worths) {
          const fee = feeOf(worth, rate, feeCarry);
          paid += fee.units;
          feeCarry = fee.feeCarry;
          expect(feeCarry).to.be.within(0, 9_999);
        }
        const owed = worths.reduce((sum, worth) => sum + worth, 0) * rate;
        expect(paid).to.equal(Math.ceil(owed / 10_000) + 0);
      }),
    );
  });

  it("fills that spend a whole budget cost no more than it, fees included, and leave less than one more could cost", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 52 }), rates, (budget, feeRates) => {
        const spendable = spendableUnits(budget, feeRates);
        expect(budgetHoldUnits(spendable, feeRates)).to.be.at.most(budget);
        if (spendable < budget) expect(budgetHoldUnits(spendable + 1, feeRates)).to.be.at.least(budget);
      }),
    );
  });
});
