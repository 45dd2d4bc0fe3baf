import { expect } from "chai";
import fc from "fast-check";
import {
  type Candle,
  type CandleTrade,
  foldTrades,
  mergeCandles,
  openAt,
} from "../../../../src/shared/domain/candles.js";
import { epochUs, lots, priceTicks, tradeId } from "../../../../src/shared/domain/units.js";

const MINUTE_MS = 60_000;

type GivenTrade = readonly [seconds: number, price: number, quantity: number];

/** Trades at these seconds, numbered from 1. */
const trades = (...given: readonly GivenTrade[]): CandleTrade[] =>
  given.map(([seconds, price, quantity], index) => ({
    tradeId: tradeId(index + 1),
    priceTicks: priceTicks(price),
    quantityLots: lots(quantity),
    executedAtUs: epochUs(Math.round(seconds * 1e6)),
  }));

/** Seconds, then open, high, low, close, volume, notional, count, last trade. */
const short = (candle: Candle) => {
  const { openAtMs, openTicks, highTicks, lowTicks, closeTicks } = candle;
  const { volumeLots, notionalTickLots, tradeCount, lastTradeId } = candle;
  const prices = [openTicks, highTicks, lowTicks, closeTicks];
  return [openAtMs / 1000, prices, Number(volumeLots), Number(notionalTickLots), tradeCount, lastTradeId];
};

/** The same, from the contract's words: for each interval, all its trades. */
function naiveCandles(all: readonly CandleTrade[], intervalMs: number): unknown[] {
  const opens = [...new Set(all.map(({ executedAtUs }) => executedAtUs - (executedAtUs % (intervalMs * 1000))))];
  return opens.map((openAtUs) => {
    const mine = all.filter((one) => one.executedAtUs >= openAtUs && one.executedAtUs < openAtUs + intervalMs * 1000);
    const prices = mine.map((one) => one.priceTicks as number);
    return {
      openAtMs: openAtUs / 1000,
      openTicks: prices[0],
      highTicks: Math.max(...prices),
      lowTicks: Math.min(...prices),
      closeTicks: prices.at(-1),
      volumeLots: mine.reduce((sum, one) => sum + BigInt(one.quantityLots), 0n),
      notionalTickLots: mine.reduce((sum, one) => sum + BigInt(one.quantityLots) * BigInt(one.priceTicks), 0n),
      tradeCount: mine.length,
      lastTradeId: mine.at(-1)?.tradeId,
    };
  });
}

const whole = (max: number) => fc.integer({ min: 1, max });
const SEQUENCE = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), whole(2 ** 31 - 1), whole(2 ** 31 - 1)), { maxLength: 60 })
  .map((steps) => {
    let atMs = 1_700_000_000_000;
    const given = steps.map(([waitMs, price, quantity]): GivenTrade => {
      atMs += waitMs;
      return [atMs / 1000, price, quantity];
    });
    return trades(...given);
  });

describe("Candles", () => {
  const table: [what: string, given: GivenTrade[], expected: unknown[]][] = [
    ["of nothing", [], []],
    ["of one trade", [[3, 100, 5]], [[0, [100, 100, 100, 100], 5, 500, 1, 1]]],
    [
      "of a minute",
      [
        [3, 100, 5],
        [4, 90, 1],
        [5, 120, 1],
        [5, 110, 2],
      ],
      [[0, [100, 120, 90, 110], 9, 930, 4, 4]],
    ],
    [
      "on both sides of a minute's end",
      [
        [59.999999, 100, 1],
        [60, 90, 1],
      ],
      [
        [0, [100, 100, 100, 100], 1, 100, 1, 1],
        [60, [90, 90, 90, 90], 1, 90, 1, 2],
      ],
    ],
    [
      "with nothing between",
      [
        [1, 100, 1],
        [601, 90, 1],
      ],
      [
        [0, [100, 100, 100, 100], 1, 100, 1, 1],
        [600, [90, 90, 90, 90], 1, 90, 1, 2],
      ],
    ],
  ];
  for (const [what, given, expected] of table)
    it(`are folded ${what}`, () => {
      expect(foldTrades(trades(...given), MINUTE_MS).map(short)).to.deep.equal(expected);
    });

  it("add up beyond what a number holds", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const [candle] = foldTrades(trades([1, most, most], [2, most, most]), MINUTE_MS);
    expect(candle?.volumeLots).to.equal(2n * BigInt(most));
    expect(candle?.notionalTickLots).to.equal(2n * BigInt(most) ** 2n);
  });

  for (const intervalMs of [MINUTE_MS, 5 * MINUTE_MS, 60 * MINUTE_MS])
    it(`of ${intervalMs / MINUTE_MS} minutes are what a naive fold of all trades says`, () => {
      fc.assert(
        fc.property(SEQUENCE, (all) => {
          expect(foldTrades(all, intervalMs)).to.deep.equal(naiveCandles(all, intervalMs));
        }),
      );
    });

  it("of an hour are those of its minutes, merged in their order", () => {
    fc.assert(
      fc.property(SEQUENCE, (all) => {
        const hours: Candle[] = [];
        for (const minute of foldTrades(all, MINUTE_MS)) {
          const openAtMs = openAt(minute.openAtMs, 60 * MINUTE_MS);
          const last = hours.at(-1);
          if (last?.openAtMs === openAtMs) hours[hours.length - 1] = mergeCandles(last, minute);
          else hours.push({ ...minute, openAtMs });
        }
        expect(hours).to.deep.equal(foldTrades(all, 60 * MINUTE_MS));
      }),
    );
  });
});
