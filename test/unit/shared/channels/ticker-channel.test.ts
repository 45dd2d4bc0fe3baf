import { expect } from "chai";
import type { Subscription } from "../../../../src/shared/channels/channel.js";
import { TickerChannel } from "../../../../src/shared/channels/ticker-channel.js";
import { loadAssets } from "../../../../src/shared/domain/assets.js";
import { type CandleTrade, foldTrades } from "../../../../src/shared/domain/candles.js";
import { accountId, epochUs, lots, priceTicks, tradeId } from "../../../../src/shared/domain/units.js";
import type { DepthLevel } from "../../../../src/shared/market-data/depth-side.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { EMPTY_TICKER } from "../../../support/empty-ticker.js";
import { FakeListener } from "./fake-listener.js";

const BTC = "BTC-USD";
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const registry = loadAssets(`${projectRoot}config/assets.json`);

class Stage {
  readonly listener = new FakeListener<object>("one", accountId(1), (_event, payload) => [payload]);
  readonly trades: CandleTrade[] = [];
  readonly book = {
    sequence: 0,
    levels: { bids: [] as DepthLevel[], asks: [] as DepthLevel[] },
    best: (side: "bids" | "asks", levelsMax: number) => this.book.levels[side].slice(0, levelsMax),
  };
  nowMs = 100 * DAY_MS;
  readonly channel = new TickerChannel({
    assets: new Map([[BTC, registry.assets.get(BTC)!]]),
    rooms: {
      send: (room, event, payload) => {
        expect(event).to.equal("ticker");
        if (this.listener.rooms.has(room)) this.listener.send(event, payload);
      },
    },
    source: {
      lastTrade: async () => foldTrades(this.trades, MINUTE_MS).at(-1) ?? null,
      minutesSince: async (_asset, fromMs) =>
        foldTrades(this.trades, MINUTE_MS).filter(({ openAtMs }) => openAtMs >= fromMs),
    },
    books: { shown: (asset) => (asset === BTC ? this.book : null) },
    nowMs: () => this.nowMs,
  });

  /** A trade of 0.0002 BTC. */
  trade(price: number): CandleTrade {
    const trade = {
      tradeId: tradeId(this.trades.length + 1),
      priceTicks: priceTicks(price),
      quantityLots: lots(2),
      executedAtUs: epochUs(this.nowMs * 1000),
    };
    this.trades.push(trade);
    return trade;
  }

  async subscribed(): Promise<Subscription> {
    await this.channel.start(() => this.flush());
    this.channel.stop(); // the tests look at the clock themselves
    this.flush();
    const subscription = this.channel.subscription(this.listener, { asset: BTC, fields: {} });
    if (!("begin" in subscription)) expect.fail(subscription.text);
    subscription.begin((answer) => this.listener.answers.push(answer));
    return subscription;
  }

  flush(): void {
    this.channel.flush(() => undefined);
  }
}

describe("channel ticker", () => {
  it("answers with nulls where there is nothing yet, and then in the same shape with what there is", async () => {
    const stage = new Stage();
    await stage.subscribed();
    expect(stage.listener.answers).to.deep.equal([{ ok: true, ...EMPTY_TICKER }]);
    stage.channel.follow(BTC, [stage.trade(10_000), stage.trade(12_000), stage.trade(9_000)]);
    stage.flush();
    const told = {
      ...EMPTY_TICKER,
      last: "90.00",
      open: "100.00",
      high: "120.00",
      low: "90.00",
      volume: "0.0006",
      quoteVolume: "0.062",
      tradeCount: 3,
    };
    expect(stage.listener.received).to.deep.equal([told]);
    stage.book.levels = { bids: [[8_900, 5_000]], asks: [[9_100, 12_345n]] };
    stage.book.sequence = 7;
    stage.flush();
    const best = { bestBid: "89.00", bestBidQuantity: "0.5", bestAsk: "91.00", bestAskQuantity: "1.2345" };
    expect(stage.listener.received.slice(1)).to.deep.equal([{ ...told, ...best }]);
  });

  it("sends nothing where nothing of it has changed", async () => {
    const stage = new Stage();
    await stage.subscribed();
    stage.book.sequence = 7; // a level deep in the book
    stage.flush();
    expect(stage.listener.received).to.deep.equal([]);
  });

  it("is right after a start, and lets go of what is older than 24 hours while nobody trades", async () => {
    const stage = new Stage();
    stage.trade(10_000);
    stage.nowMs += MINUTE_MS;
    stage.trade(12_000);
    stage.nowMs += DAY_MS;
    await stage.subscribed();
    expect(stage.listener.answers[0]).to.include({ last: "120.00", open: "120.00", tradeCount: 1 });
    stage.channel.letGo();
    expect(stage.listener.received, "the same minute").to.deep.equal([]);
    stage.nowMs += MINUTE_MS;
    stage.channel.letGo();
    expect(stage.listener.received).to.deep.equal([{ ...EMPTY_TICKER, last: "120.00" }]);
  });

  it("takes a trade once, also if the stored minutes have it already", async () => {
    const stage = new Stage();
    const trade = stage.trade(10_000);
    await stage.subscribed();
    stage.channel.follow(BTC, [trade]);
    stage.flush();
    expect(stage.listener.received).to.deep.equal([]);
    expect(stage.listener.answers[0]).to.include({ tradeCount: 1 });
  });

  it("needs an asset, and tells nothing to who has unsubscribed", async () => {
    const stage = new Stage();
    const subscription = await stage.subscribed();
    for (const asset of [null, "ETH-USD"])
      expect(stage.channel.subscription(stage.listener, { asset, fields: {} })).to.include({ name: "UNKNOWN_ASSET" });
    subscription.end();
    stage.channel.follow(BTC, [stage.trade(10_000)]);
    stage.flush();
    expect(stage.listener.received).to.deep.equal([]);
  });
});
