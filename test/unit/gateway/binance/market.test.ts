import { expect } from "chai";
import { depthUpdate, klineEvent } from "../../../../src/gateway/binance/market-events.js";
import { klineJson, meanPrice, ticker24hJson, tradeJson } from "../../../../src/gateway/binance/market-json.js";
import { parseStream } from "../../../../src/gateway/binance/stream-names.js";
import { Symbols } from "../../../../src/gateway/binance/symbols.js";
import { depthWeight, Weights } from "../../../../src/gateway/binance/weights.js";
import { TEST_ASSET, TEST_REGISTRY } from "../../../support/test-asset.js";

const NOW = 1_769_860_800_000;
const CANDLE = {
  openAtMs: NOW,
  open: "100.00",
  high: "110.00",
  low: "90.00",
  close: "105.00",
  volume: "2",
  quoteVolume: "210",
  tradeCount: 4,
  lastTradeId: 9,
  closed: true,
};

describe("markets in Binance's form", () => {
  it("have the changes of a book from one update id to the next", () => {
    const event = { previousSequence: 7, sequence: 9, bids: [["1.00", "0"]] as const, asks: [] };
    expect(depthUpdate(event, TEST_ASSET, NOW)).to.deep.equal({
      e: "depthUpdate",
      E: NOW,
      s: "BTCUSD",
      U: 8,
      u: 9,
      b: [["1.00", "0"]],
      a: [],
    });
  });

  it("have trades with their worth and who took", () => {
    const trade = {
      tradeId: 1,
      price: "64000.00",
      quantity: "0.5",
      takerSide: "sell" as const,
      executedAtUs: NOW * 1_000,
    };
    expect(tradeJson(trade, TEST_ASSET)).to.include({ id: 1, quoteQty: "32000", time: NOW, isBuyerMaker: true });
  });

  it("have candles with their times and trades", () => {
    expect(klineJson(CANDLE, "1m").slice(0, 9)).to.deep.equal([
      NOW,
      "100.00",
      "110.00",
      "90.00",
      "105.00",
      "2",
      NOW + 59_999,
      "210",
      4,
    ]);
    expect(klineEvent(CANDLE, "1m", TEST_ASSET, NOW))
      .to.have.property("k")
      .that.includes({ f: 6, L: 9, x: true, n: 4 });
  });

  it("have the change of 24 hours, exactly", () => {
    const ticker = {
      asset: "BTC-USD",
      last: "99.00",
      bestBid: "98.00",
      bestBidQuantity: "1",
      bestAsk: null,
      bestAskQuantity: null,
      open: "100.00",
      high: "110.00",
      low: "90.00",
      volume: "2",
      quoteVolume: "201",
      tradeCount: 3,
    };
    expect(ticker24hJson(ticker, { tradeId: 9, quantity: "0.5" }, TEST_ASSET, NOW)).to.include({
      priceChange: "-1",
      priceChangePercent: "-1",
      weightedAvgPrice: "100.50",
      lastQty: "0.5",
      bidPrice: "98.00",
      askPrice: "0",
      firstId: 7,
      lastId: 9,
    });
    expect(meanPrice("0", "0", TEST_ASSET)).to.equal(null);
  });
});

describe("the names of streams", () => {
  const symbols = new Symbols(TEST_REGISTRY.assets.values());
  const kindOf = (name: string) => parseStream(name, symbols)?.kind ?? null;

  it("are Binance's", () => {
    const names = [
      "depth",
      "depth@100ms",
      "depth5@1000ms",
      "trade",
      "aggTrade",
      "kline_1m",
      "ticker",
      "miniTicker",
      "bookTicker",
    ];
    expect(names.map((name) => kindOf(`btcusd@${name}`))).to.deep.equal([
      "depth",
      "depth",
      "levels",
      "trade",
      "aggTrade",
      "kline",
      "ticker",
      "miniTicker",
      "bookTicker",
    ]);
    for (const name of ["!ticker@arr", "!miniTicker@arr", "!bookTicker"]) expect(kindOf(name)).to.equal("all");
    for (const name of [
      "",
      "0",
      "BTCUSD@depth",
      "ethusd@depth",
      "btcusd",
      "btcusd@depth7",
      "btcusd@kline_2m",
      "btcusd@trade@100ms",
    ])
      expect(kindOf(name), name).to.equal(null);
  });
});

describe("the weights of requests", () => {
  it("are an address's budget of a minute", () => {
    const weights = new Weights(100);
    expect([weights.count("a", 60, NOW), weights.count("a", 60, NOW), weights.count("b", 5, NOW)]).to.deep.equal([
      60, 120, 5,
    ]);
    expect([100, 101].map((used) => weights.isTooMuch(used))).to.deep.equal([false, true]);
    expect(weights.count("a", 5, NOW + 60_000)).to.equal(5);
    expect(Weights.waitS(NOW + 1_000)).to.equal(59);
    expect([5, 500, 1_000, 5_000].map(depthWeight)).to.deep.equal([5, 25, 50, 250]);
  });
});
