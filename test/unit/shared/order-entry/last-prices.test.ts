import { expect } from "chai";
import pino from "pino";
import { fake } from "sinon";
import { parseAssets } from "../../../../src/shared/domain/assets.js";
import { type PriceTicks, priceTicks } from "../../../../src/shared/domain/units.js";
import { LastPrices } from "../../../../src/shared/order-entry/last-prices.js";

const log = pino({ level: "silent" });
const registryWith = (limits: object) =>
  parseAssets({
    currencies: { BTC: { decimals: 8, kind: "crypto" }, USD: { decimals: 6, kind: "fiat" } },
    assets: [
      { asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001", ...limits },
      { asset: "USD-BTC", tickSize: "0.0001", lotSize: "0.0001" },
    ],
  });
const COLLARED = registryWith({ priceCollarPercent: 10 });

describe("the last prices", () => {
  it("are read once a second, of the assets whose limits depend on them", async () => {
    const read = fake.resolves(new Map([["BTC-USD", priceTicks(7)]]));
    const prices = new LastPrices(COLLARED, read, log);
    expect(prices.of("BTC-USD")).to.equal(null);
    await prices.refresh(0);
    expect([prices.of("BTC-USD"), prices.of("USD-BTC")]).to.deep.equal([7, null]);
    await prices.refresh(999);
    expect(read.args).to.deep.equal([[["BTC-USD"]]]);
    await prices.refresh(1_000);
    expect(read.callCount).to.equal(2);
  });

  it("are not read where nothing depends on them", async () => {
    const read = fake.resolves(new Map());
    await new LastPrices(registryWith({}), read, log).refresh(0);
    expect(read.callCount).to.equal(0);
  });

  it("stay what they were while they can't be read, and are asked for again", async () => {
    let answer: () => Promise<Map<string, PriceTicks>> = async () => new Map([["BTC-USD", priceTicks(7)]]);
    const prices = new LastPrices(COLLARED, () => answer(), log);
    await prices.refresh(0);
    answer = () => Promise.reject(new Error("Postgres is away"));
    await prices.refresh(1_000);
    expect(prices.of("BTC-USD")).to.equal(7);
    answer = async () => new Map([["BTC-USD", priceTicks(8)]]);
    await prices.refresh(2_000);
    expect(prices.of("BTC-USD")).to.equal(8);
  });

  it("are not asked for twice at the same time", async () => {
    let release: (prices: Map<string, PriceTicks>) => void = () => undefined;
    const read = fake(() => new Promise<Map<string, PriceTicks>>((resolve) => (release = resolve)));
    const prices = new LastPrices(COLLARED, read, log);
    const first = prices.refresh(0);
    await prices.refresh(5_000);
    expect(read.callCount).to.equal(1);
    release(new Map());
    await first;
  });
});
