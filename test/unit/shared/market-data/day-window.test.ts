import { expect } from "chai";
import fc from "fast-check";
import { type CandleTrade, foldTrades } from "../../../../src/shared/domain/candles.js";
import { epochUs, lots, priceTicks, tradeId } from "../../../../src/shared/domain/units.js";
import { beginOfDay, DayWindow } from "../../../../src/shared/market-data/day-window.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = 1_700_000_000_000;

const trade = (id: number, atMs: number, price: number): CandleTrade => ({
  tradeId: tradeId(id),
  priceTicks: priceTicks(price),
  quantityLots: lots(id),
  executedAtUs: epochUs(atMs * 1000),
});

const figures = ({ day, lastTicks }: DayWindow) => ({
  last: lastTicks,
  prices: day === null ? null : [day.openTicks, day.highTicks, day.lowTicks],
  volume: day?.volumeLots ?? 0n,
  notional: day?.notionalTickLots ?? 0n,
  count: day?.tradeCount ?? 0,
});

/** From all trades: those of the last 24 hours, from the beginning of a minute on. */
function naive(trades: readonly CandleTrade[], nowMs: number): ReturnType<typeof figures> {
  const fromMs = Math.floor((nowMs - 24 * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
  const mine = trades.filter(({ executedAtUs }) => executedAtUs >= fromMs * 1000);
  const prices = mine.map((one) => one.priceTicks);
  return {
    last: trades.at(-1)?.priceTicks ?? null,
    prices: mine.length === 0 ? null : ([prices[0], Math.max(...prices), Math.min(...prices)] as never),
    volume: mine.reduce((sum, one) => sum + BigInt(one.quantityLots), 0n),
    notional: mine.reduce((sum, one) => sum + BigInt(one.quantityLots) * BigInt(one.priceTicks), 0n),
    count: mine.length,
  };
}

/** As it is read at a start. */
const read = (trades: readonly CandleTrade[], nowMs: number) => {
  const minutes = foldTrades(trades, MINUTE_MS);
  return new DayWindow(
    minutes.filter(({ openAtMs }) => openAtMs >= beginOfDay(nowMs)),
    minutes.at(-1) ?? null,
  );
};

/** Trades (a price) and looks at the clock (null), each so long after the one before. */
const STEPS = fc.array(
  fc.tuple(fc.oneof(fc.nat(90_000), fc.nat(9 * HOUR_MS)), fc.option(fc.integer({ min: 1, max: 2 ** 40 }))),
  { maxLength: 40 },
);

describe("The window of a day", () => {
  it("is what a naive fold of all trades says, live and read again at any moment", () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        const trades: CandleTrade[] = [];
        const live = new DayWindow([], null);
        let nowMs = START_MS;
        for (const [waitMs, price] of steps) {
          nowMs += waitMs;
          if (price !== null) {
            trades.push(trade(trades.length + 1, nowMs, price));
            live.add(trades.at(-1) as CandleTrade);
          }
          live.advanceTo(nowMs);
          expect(figures(live)).to.deep.equal(naive(trades, nowMs));
          const again = read(trades, nowMs);
          for (const one of trades.slice(-3)) again.add(one); // they are in the stored minutes already
          expect(figures(again)).to.deep.equal(figures(live));
        }
      }),
    );
  });

  it("keeps the last price when all else is older than a day", () => {
    const window = new DayWindow([], null);
    window.add(trade(1, START_MS, 100));
    expect(window.advanceTo(START_MS + 24 * HOUR_MS), "the minute that began less than 24 hours ago").to.equal(false);
    expect(window.advanceTo(START_MS + 24 * HOUR_MS + MINUTE_MS)).to.equal(true);
    expect(figures(window)).to.deep.equal({ last: 100, prices: null, volume: 0n, notional: 0n, count: 0 });
    expect(window.advanceTo(START_MS + 48 * HOUR_MS)).to.equal(false);
  });
});
