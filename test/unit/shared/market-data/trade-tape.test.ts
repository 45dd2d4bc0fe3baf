import { expect } from "chai";
import type { PublicTrade } from "../../../../src/shared/domain/reports.js";
import { epochUs, lots, priceTicks, tradeId } from "../../../../src/shared/domain/units.js";
import { TradeTape } from "../../../../src/shared/market-data/trade-tape.js";

const trade = (id: number): PublicTrade => ({
  tradeId: tradeId(id),
  priceTicks: priceTicks(100),
  quantityLots: lots(1),
  takerSide: "buy",
  executedAtUs: epochUs(1),
});
const trades = (...ids: number[]) => ids.map(trade);
const ids = (of: readonly PublicTrade[]): number[] => of.map(({ tradeId }) => tradeId);

function tape(): TradeTape {
  return new TradeTape({ recentMax: 3, heldMax: 100 });
}

describe("a trade tape", () => {
  it("starts with the newest settled trades and goes on after them", () => {
    const t = tape();
    t.offer(trades(4, 5, 6));
    t.start(trades(1, 2, 3, 4, 5));
    expect(ids(t.recent)).to.deep.equal([3, 4, 5]);
    expect(ids(t.release(10))).to.deep.equal([6]);
  });

  it("of an asset that never traded starts with the first trade", () => {
    const t = tape();
    t.start([]);
    t.offer(trades(1));
    expect(ids(t.release(10))).to.deep.equal([1]);
  });

  it("shows a trade as recent only once it was released", () => {
    const t = tape();
    t.start([]);
    t.offer(trades(1, 2, 3, 4));
    expect(ids(t.recent)).to.deep.equal([]);
    t.release(2);
    expect(ids(t.recent)).to.deep.equal([1, 2]);
    t.release(10);
    expect(ids(t.recent)).to.deep.equal([2, 3, 4]);
  });

  it("waits for a trade that is missing", () => {
    const t = tape();
    t.start(trades(1));
    t.offer(trades(3));
    expect(t.release(10)).to.deep.equal([]);
    expect(t.hole(100)).to.deep.equal({ after: 1, upTo: 2 });
  });
});
