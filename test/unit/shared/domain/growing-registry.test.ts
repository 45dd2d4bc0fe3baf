import { expect } from "chai";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { InvariantBroken } from "../../../../src/shared/domain/errors.js";

const USD = { decimals: 7, kind: "fiat" };
const BTC = { decimals: 8, kind: "crypto" };
const BTC_USD = { asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001" };
const DOGE_USD = { asset: "DOGE-USD", tickSize: "0.0001", lotSize: "1" };

describe("a registry that grows", () => {
  const fromFile = () => parseAssets({ currencies: { USD, BTC }, assets: [BTC_USD] });
  const read = (assets: object[], currencies: object = { USD, BTC, DOGE: BTC }) => parseAssets({ currencies, assets });

  it("takes up markets with their currencies, and tells of each once, where it is known already", () => {
    const registry = fromFile();
    const { assets } = registry;
    const told: string[] = [];
    registry.onNew(({ asset }) => told.push(`${asset} ${assets.has(asset)}`));
    for (let times = 0; times < 2; times++) registry.takeUp(read([BTC_USD, DOGE_USD]));
    expect(told).to.deep.equal(["DOGE-USD true"]);
    expect([...assets.keys()]).to.deep.equal(["BTC-USD", "DOGE-USD"]);
    expect(registry.currencies.get("DOGE")).to.deep.equal({ currency: "DOGE", ...BTC });
  });

  it("keeps the fees and limits of what is known", () => {
    const registry = fromFile();
    registry.takeUp(read([{ ...BTC_USD, tickSize: "0.010", takerFeeBps: 10 }]));
    expect(registry.assets.get("BTC-USD")?.feeRates.takerBps).to.equal(0);
  });

  const SIZES: [string, () => ReturnType<typeof read>][] = [
    ["ticks", () => read([DOGE_USD, { ...BTC_USD, tickSize: "0.1" }])],
    ["lots", () => read([DOGE_USD, { ...BTC_USD, lotSize: "0.001" }])],
    ["decimals", () => read([DOGE_USD], { USD: { ...USD, decimals: 8 }, DOGE: BTC })],
  ];
  for (const [what, others] of SIZES)
    it(`never changes ${what}: it takes up nothing that comes with others`, () => {
      const registry = fromFile();
      expect(() => registry.takeUp(others())).to.throw(InvariantBroken);
      expect([...registry.assets.keys()]).to.deep.equal(["BTC-USD"]);
      expect(registry.currencies.get("USD")?.decimals).to.equal(7);
    });
});
