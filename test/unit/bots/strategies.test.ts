import { expect } from "chai";
import { drawsOf } from "../../../src/bots/draws.js";
import { STRATEGIES } from "../../../src/bots/strategies/strategies.js";
import type { Intent, Strategy, View } from "../../../src/bots/view.js";

const still: readonly number[] = Array.from({ length: 100 }, () => 4_200);
const rising = still.map((price, at) => price + Math.max(0, at - 90) * 5 - (at % 2) * 8);
const falling = rising.map((price) => 8_400 - price);

function view(part: Partial<View> = {}): View {
  const last = part.pricesTicks?.at(-1) ?? 4_200;
  const touch = { bestBidTicks: last - 1, bestAskTicks: last + 1 };
  return { ...touch, pricesTicks: still, fairTicks: last, inventoryLots: 0, lotsPerUnit: 100, ...part };
}

function strategy(name: string): Strategy {
  const found = STRATEGIES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no strategy ${name}`);
  return found;
}

const decided = (name: string, part: Partial<View> = {}) => strategy(name).decide(view(part), drawsOf("test"));
const kinds = (intents: readonly Intent[]) => new Set(intents.map(({ kind }) => kind));
const quotes = (intents: readonly Intent[]) => {
  const [intent] = intents;
  if (intent?.kind !== "quote") throw new Error("no quotes");
  return intent;
};

describe("the bots' strategies", () => {
  for (const one of STRATEGIES)
    it(`${one.name} decides the same for the same view and seed, in whole ticks and lots`, () => {
      for (const pricesTicks of [still, rising, falling, [4_200], []])
        for (const inventoryLots of [-200_000, -3_000, 0, 3_000, 200_000]) {
          const seen = view({ pricesTicks, inventoryLots });
          const intents = one.decide(seen, drawsOf("seed"));
          expect(one.decide(seen, drawsOf("seed"))).to.deep.equal(intents);
          const orders = intents.flatMap((intent): readonly { priceTicks: number | null; quantityLots: number }[] =>
            intent.kind === "quote" ? [...intent.bids, ...intent.asks] : [intent],
          );
          for (const { priceTicks, quantityLots } of orders) {
            expect(quantityLots).to.satisfy((lots: number) => Number.isSafeInteger(lots) && lots > 0);
            if (priceTicks !== null)
              expect(priceTicks).to.satisfy((price: number) => Number.isSafeInteger(price) && price > 0);
          }
        }
    });

  it("the market maker quotes both sides, best first, and never crosses itself", () => {
    const { bids, asks } = quotes(decided("market-maker"));
    expect([bids.length, asks.length]).to.deep.equal([20, 20]);
    const prices = [...[...bids].reverse(), ...asks].map(({ priceTicks }) => priceTicks);
    expect(prices).to.deep.equal([...prices].sort((one, other) => one - other));
    expect(new Set(prices).size).to.equal(prices.length);
    expect(asks[0]?.priceTicks).to.be.greaterThan(bids[0]?.priceTicks ?? 0);
  });

  it("the market maker that holds too much sells sooner, and buys nothing beyond its cap", () => {
    const even = quotes(decided("market-maker"));
    const long = quotes(decided("market-maker", { inventoryLots: 25_000 }));
    expect(long.asks[0]?.priceTicks).to.be.at.most(even.asks[0]?.priceTicks ?? 0);
    expect(long.bids[0]?.priceTicks).to.be.below(even.bids[0]?.priceTicks ?? 0);
    expect(quotes(decided("market-maker", { inventoryLots: 50_000 })).bids).to.deep.equal([]);
    expect(quotes(decided("market-maker", { inventoryLots: -50_000 })).asks).to.deep.equal([]);
  });

  it("the market maker follows what the asset is worth where nobody trades, and part of the way where somebody does", () => {
    const middle = (part: Partial<View>) => {
      const { bids, asks } = quotes(decided("market-maker", part));
      return ((bids[0]?.priceTicks ?? 0) + (asks[0]?.priceTicks ?? 0)) / 2;
    };
    const nobody = { bestBidTicks: null, bestAskTicks: null, pricesTicks: [] };
    expect(middle({ ...nobody, fairTicks: 5_000 })).to.be.closeTo(5_000, 1);
    expect(middle({ fairTicks: 4_300 })).to.be.closeTo(4_220, 1);
  });

  it("the aggressive one chases a trend, at the market and by limits past it, until everybody has", () => {
    const wavy = rising.map((price, at) => price - (at % 3) * 12);
    const bought = decided("aggressive", { pricesTicks: wavy });
    expect(kinds(bought)).to.deep.equal(new Set(["buy"]));
    expect(bought.filter((intent) => intent.kind === "buy" && intent.priceTicks === null)).to.have.length(1);
    const straight = still.map((price, at) => price + at * 10);
    expect(decided("aggressive", { pricesTicks: straight })).to.deep.equal([]); // its relative strength is 100
    expect(decided("aggressive", { pricesTicks: wavy, inventoryLots: 100_000 })).to.deep.equal([]);
  });

  it("the aggressive one leaves a fifth of its position when there is no trend", () => {
    expect(decided("aggressive", { inventoryLots: 5_000 })).to.deep.equal([
      { kind: "sell", quantityLots: 1_000, priceTicks: null },
    ]);
    expect(decided("aggressive", { inventoryLots: 900 })).to.deep.equal([]);
  });

  it("the crowd sends 3 to 8 orders at a time, a seventh of them at the market, near the market's price", () => {
    const draw = drawsOf("crowd");
    const sent = Array.from({ length: 500 }, () => strategy("random").decide(view(), draw));
    for (const intents of sent) expect(intents.length).to.be.within(3, 8);
    const orders = sent.flat().flatMap((intent) => (intent.kind === "quote" ? [] : [intent]));
    const share = (is: (order: (typeof orders)[number]) => boolean) => orders.filter(is).length / orders.length;
    expect(share(({ kind }) => kind === "buy")).to.be.within(0.45, 0.55);
    expect(share(({ priceTicks }) => priceTicks === null)).to.be.within(0.12, 0.18);
    for (const { priceTicks } of orders) if (priceTicks !== null) expect(priceTicks).to.be.within(4_193, 4_207);
  });

  it("the one that waits for the mean sells high, buys low, and takes its profit when the price is back", () => {
    const far = (by: number) => [...still.slice(1), 4_200 + by];
    expect(kinds(decided("mean-reversion", { pricesTicks: far(50) }))).to.deep.equal(new Set(["sell"]));
    expect(kinds(decided("mean-reversion", { pricesTicks: far(-50) }))).to.deep.equal(new Set(["buy"]));
    expect(decided("mean-reversion")).to.deep.equal([]);
    expect(decided("mean-reversion", { inventoryLots: -2_000 })).to.deep.equal([
      { kind: "buy", quantityLots: 600, priceTicks: null },
    ]);
    expect(decided("mean-reversion", { pricesTicks: far(50), inventoryLots: -50_000 })).to.deep.equal([]);
  });
});
