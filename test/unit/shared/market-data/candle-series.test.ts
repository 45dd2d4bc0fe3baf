import { expect } from "chai";
import fc from "fast-check";
import { type Candle, type CandleTrade, carryCandles, foldTrades } from "../../../../src/shared/domain/candles.js";
import { epochUs, lots, priceTicks, tradeId } from "../../../../src/shared/domain/units.js";
import { CandleSeries, type ToldCandle } from "../../../../src/shared/market-data/candle-series.js";

const MINUTE_MS = 60_000;
const CANDLES_MAX = 500;

const trade = (id: number, atMs: number, price: number): CandleTrade => ({
  tradeId: tradeId(id),
  priceTicks: priceTicks(price),
  quantityLots: lots(id),
  executedAtUs: epochUs(atMs * 1000),
});

/** What the contract says: of each minute all its trades, and in one without any the last price before it. */
function naive(trades: readonly CandleTrade[], throughMs: number): Candle[] {
  const [first] = trades;
  if (first === undefined) return [];
  const candles: Candle[] = [];
  const startMs = Math.floor(first.executedAtUs / 1000 / MINUTE_MS) * MINUTE_MS;
  const lastMs = (trades.at(-1) as CandleTrade).executedAtUs / 1000;
  for (let openAtMs = startMs; openAtMs <= Math.max(throughMs, lastMs); openAtMs += MINUTE_MS) {
    const until = (endMs: number) => trades.filter(({ executedAtUs }) => executedAtUs < endMs * 1000);
    const before = until(openAtMs);
    const mine = until(openAtMs + MINUTE_MS).slice(before.length);
    const close = before.at(-1)?.priceTicks as Candle["openTicks"];
    const prices = mine.length === 0 ? [close] : mine.map(({ priceTicks }) => priceTicks);
    candles.push({
      openAtMs: openAtMs as Candle["openAtMs"],
      openTicks: prices[0] as Candle["openTicks"],
      highTicks: Math.max(...prices) as Candle["highTicks"],
      lowTicks: Math.min(...prices) as Candle["lowTicks"],
      closeTicks: prices.at(-1) as Candle["closeTicks"],
      volumeLots: mine.reduce((sum, { quantityLots }) => sum + BigInt(quantityLots), 0n),
      notionalTickLots: mine.reduce((sum, one) => sum + BigInt(one.quantityLots) * BigInt(one.priceTicks), 0n),
      tradeCount: mine.length,
      lastTradeId: (mine.at(-1) ?? before.at(-1))?.tradeId as Candle["lastTradeId"],
    });
  }
  return candles;
}

/** A client that knows a snapshot and takes events. Refuses one that changes what was closed. */
class Client {
  readonly candles = new Map<number, ToldCandle>();

  constructor(snapshot: readonly Candle[]) {
    snapshot.forEach((candle, place) => {
      this.candles.set(candle.openAtMs, { candle, closed: place < snapshot.length - 1 });
    });
  }

  take(told: readonly ToldCandle[]): void {
    for (const one of told) {
      expect(this.candles.get(one.candle.openAtMs)?.closed ?? false, "a closed candle was told again").to.equal(false);
      this.candles.set(one.candle.openAtMs, one);
    }
  }
}

/** Trades (a price) and looks at the clock (null), each so many milliseconds after the one before. */
const STEPS = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 150_000 }), fc.option(fc.integer({ min: 1, max: 2 ** 40 })), fc.boolean()),
  { maxLength: 40 },
);

describe("A series of candles", () => {
  it("is what a naive fold of all trades says, wherever it was read, and so is what a client makes of its events", () => {
    fc.assert(
      fc.property(STEPS, fc.nat(40), (steps, readAfter) => {
        const trades: CandleTrade[] = [];
        let [nowMs, throughMs] = [1_700_000_000_000, 0];
        let series: CandleSeries | null = null;
        let client = new Client([]);
        for (const [place, [waitMs, price, flushes]] of steps.entries()) {
          nowMs += waitMs;
          if (price !== null) trades.push(trade(trades.length + 1, nowMs, price));
          else throughMs = nowMs;
          if (series === null && place >= readAfter) {
            const history = { candles: naive(trades, throughMs), hasEarlier: false };
            series = new CandleSeries(history, MINUTE_MS, CANDLES_MAX);
            client = new Client(series.candles);
            for (const one of trades) series.add(one); // again: they are in the history
          }
          if (price === null) series?.advanceTo(nowMs);
          else series?.add(trades.at(-1) as CandleTrade);
          if (series === null || !flushes) continue;
          client.take(series.takeChanged());
          expect([...client.candles.values()].map(({ candle }) => candle)).to.deep.equal(naive(trades, throughMs));
          const closed = [...client.candles.values()].map((one) => one.closed);
          expect(closed).to.deep.equal(closed.map((_, index) => index < closed.length - 1));
        }
        if (series !== null) expect(series.candles).to.deep.equal(naive(trades, throughMs));
      }),
    );
  });

  it("tells of a flush with many trades one candle, and of none nothing", () => {
    const series = new CandleSeries({ candles: [], hasEarlier: false }, MINUTE_MS, CANDLES_MAX);
    for (let id = 1; id <= 100; id++) series.add(trade(id, 1_000, 100 + id));
    expect(series.takeChanged().map(({ candle, closed }) => [candle.tradeCount, closed])).to.deep.equal([[100, false]]);
    expect(series.takeChanged()).to.deep.equal([]);
  });

  it("keeps the newest so many, and knows that there are older ones", () => {
    const series = new CandleSeries({ candles: [], hasEarlier: false }, MINUTE_MS, 3);
    series.add(trade(1, 0, 100));
    series.advanceTo(2 * MINUTE_MS);
    series.takeChanged();
    expect([series.candles.length, series.hasEarlier]).to.deep.equal([3, false]);
    series.advanceTo(3 * MINUTE_MS);
    expect(series.takeChanged(), "the first flat one is told again, closed").to.have.length(2);
    expect([series.candles.length, series.candles[0]?.openAtMs, series.hasEarlier]).to.deep.equal([3, MINUTE_MS, true]);
  });

  it("adds a trade of a closed minute to it, and carries it on", () => {
    const series = new CandleSeries({ candles: [], hasEarlier: false }, MINUTE_MS, CANDLES_MAX);
    series.add(trade(1, 0, 100));
    series.advanceTo(3 * MINUTE_MS);
    series.takeChanged();
    series.add(trade(2, MINUTE_MS, 90));
    const told = series
      .takeChanged()
      .map(({ candle, closed }) => [candle.openAtMs / MINUTE_MS, candle.closeTicks, closed]);
    expect(told).to.deep.equal([
      [1, 90, true],
      [2, 90, true],
      [3, 90, false],
    ]);
  });

  it("begins with the first trade there ever was", () => {
    const series = new CandleSeries({ candles: [], hasEarlier: false }, MINUTE_MS, CANDLES_MAX);
    series.advanceTo(9 * MINUTE_MS);
    expect([series.takeChanged(), series.endMs]).to.deep.equal([[], null]);
    series.add(trade(1, 9 * MINUTE_MS, 100));
    expect(series.takeChanged()).to.have.length(1);
  });

  it("is carried from the last price before it", () => {
    const [candle] = foldTrades([trade(7, 0, 100)], MINUTE_MS) as [Candle];
    const range = { fromMs: 5 * MINUTE_MS, throughMs: 6 * MINUTE_MS, intervalMs: MINUTE_MS };
    const flat = carryCandles([], candle, range);
    expect(
      flat.map(({ openAtMs, closeTicks, tradeCount }) => [openAtMs / MINUTE_MS, closeTicks, tradeCount]),
    ).to.deep.equal([
      [5, 100, 0],
      [6, 100, 0],
    ]);
    expect(carryCandles([], null, range), "nothing traded before").to.deep.equal([]);
  });
});
