import { type Asset, parseAssets } from "../../src/shared/domain/assets.js";

export const TEST_REGISTRY = parseAssets({
  currencies: { BTC: { decimals: 5, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
  assets: [{ asset: "BTC-USD", tickSize: "0.01", lotSize: "0.001", allowSelfTrade: true }],
});

/** A tick of a lot is worth 10 units of USD, a lot 100 units of BTC. Self-trades are allowed. */
export const TEST_ASSET = TEST_REGISTRY.assets.get("BTC-USD") as Asset;
