import ccxt from "ccxt";
import { expect } from "chai";
import { exchangeInfo } from "../../../../src/gateway/binance/exchange-info.js";
import { Symbols } from "../../../../src/gateway/binance/symbols.js";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { ConfigurationError } from "../../../../src/shared/domain/errors.js";

const REGISTRY = parseAssets({
  currencies: {
    BTC: { decimals: 8, kind: "crypto" },
    USD: { decimals: 6, kind: "fiat" },
    SOL: { decimals: 8, kind: "crypto" },
    USDC: { decimals: 6, kind: "stable" },
  },
  assets: [
    {
      asset: "BTC-USD",
      tickSize: "0.05",
      lotSize: "0.0001",
      minQuantity: "0.001",
      maxQuantity: "50",
      minNotional: "5",
      maxNotional: "1000000",
      priceCollarPercent: 10,
    },
    { asset: "SOL-USDC", tickSize: "0.001", lotSize: "0.01", allowSelfTrade: true },
  ],
});

describe("exchangeInfo", () => {
  const info = exchangeInfo(1_769_860_800_000, REGISTRY.assets.values(), REGISTRY, (asset) =>
    asset === "SOL-USDC" ? "halted" : "open",
  ) as { symbols: Record<string, unknown>[] };

  it("gives a client the steps and bounds of an asset", async () => {
    const client = new ccxt.binance({ options: { fetchMarkets: { types: ["spot"] } } });
    Object.assign(client, { publicGetExchangeInfo: async () => info });
    const [btc, sol] = await client.fetchMarkets();
    expect(btc).to.include({ symbol: "BTC/USD", id: "BTCUSD", active: true, spot: true, margin: false });
    expect(btc?.precision).to.include({ price: 0.05, amount: 0.0001 });
    expect(btc?.limits.amount).to.deep.equal({ min: 0.001, max: 50 });
    expect(btc?.limits.price).to.deep.equal({ min: 0.05, max: 9_999_999_999_999.95 });
    expect(btc?.limits.cost).to.deep.equal({ min: 5, max: 1_000_000 });
    expect(sol).to.include({ symbol: "SOL/USDC", active: false });
  });

  it("leaves out what is not there, so that a client refuses it by itself", () => {
    const [first, second] = info.symbols;
    expect(first?.["orderTypes"]).to.deep.equal(["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"]);
    expect(first?.["allowedSelfTradePreventionModes"]).to.not.include("NONE");
    expect(second?.["allowedSelfTradePreventionModes"]).to.include("NONE");
    const types = (symbol: Record<string, unknown> = {}) =>
      (symbol["filters"] as { filterType: string }[]).map(({ filterType }) => filterType);
    expect(types(first)).to.include("PERCENT_PRICE");
    expect(types(second)).to.not.include("PERCENT_PRICE");
  });
});

describe("the symbols of assets", () => {
  it("must tell assets apart", () => {
    const { assets } = parseAssets({
      currencies: Object.fromEntries(["A", "BC", "AB", "C"].map((name) => [name, { decimals: 8, kind: "crypto" }])),
      assets: [
        { asset: "A-BC", tickSize: "0.01", lotSize: "0.01" },
        { asset: "AB-C", tickSize: "0.01", lotSize: "0.01" },
      ],
    });
    expect(() => new Symbols(assets.values())).to.throw(ConfigurationError, "A-BC and AB-C are both ABC");
  });

  it("are exact in requests and of any case in the names of streams", () => {
    const symbols = new Symbols(REGISTRY.assets.values());
    expect(symbols.get("BTCUSD").asset).to.equal("BTC-USD");
    expect(symbols.find("btcusd")?.asset).to.equal("BTC-USD");
    expect(() => symbols.get("btcusd")).to.throw("Invalid symbol.");
    expect(() => symbols.get("BTC-USD")).to.throw("Invalid symbol.");
  });
});
