import { expect } from "chai";
import { Bot } from "../../../src/bots/bot.js";
import { drawsOf } from "../../../src/bots/draws.js";
import { PaperDesk } from "../../../src/bots/paper-desk.js";
import { lookLine, parseLooks } from "../../../src/bots/recording.js";
import { ReferencePath } from "../../../src/bots/reference-path.js";
import { STRATEGIES } from "../../../src/bots/strategies/strategies.js";

const traded = { referenceTicks: 4_200, tickSize: 0.01, lotSize: 0.01 };
const nobody = { bestBidTicks: null, bestAskTicks: null, lastTicks: null };

function botOf(name: string, seed: string) {
  const strategy = STRATEGIES.find((one) => one.name === name) as (typeof STRATEGIES)[number];
  const desk = new PaperDesk();
  const path = new ReferencePath(traded.referenceTicks, drawsOf(`${seed}/path`));
  return { desk, bot: new Bot({ strategy, traded, path, draw: drawsOf(seed), desk }) };
}

describe("a bot", () => {
  it("decides the same again on what was recorded, with the same seed", () => {
    const draw = drawsOf("market");
    const looks = Array.from({ length: 200 }, (_, at) => {
      const mid = 4_200 + Math.round(40 * Math.sin(at / 9)) + Math.round(3 * draw());
      return {
        asset: "KCN-EUR",
        bot: "any",
        touch: { bestBidTicks: mid - 1, bestAskTicks: mid + 1, lastTicks: mid },
      };
    });
    const recorded = parseLooks(looks.map(lookLine).join(""));
    expect(recorded).to.deep.equal(looks);
    for (const { name } of STRATEGIES) {
      const play = () => {
        const { bot, desk } = botOf(name, "seed");
        return recorded.map(({ touch }) => {
          desk.moved(touch);
          return bot.look(touch);
        });
      };
      const intents = play();
      expect(intents.flat().length, name).to.be.greaterThan(10);
      expect(play()).to.deep.equal(intents);
    }
  });

  it("begins a market that is empty, and does little while its price hardly moves", () => {
    const { bot, desk } = botOf("market-maker", "quiet");
    bot.look(nobody);
    expect(desk.resting).to.have.length(40);
    const before = desk.resting.map(({ orderId }) => orderId);
    const best = (isBuy: boolean) =>
      desk.resting.filter((order) => order.isBuy === isBuy).map(({ priceTicks }) => priceTicks);
    bot.look({ bestBidTicks: Math.max(...best(true)), bestAskTicks: Math.min(...best(false)), lastTicks: null });
    const kept = desk.resting.filter(({ orderId }) => before.includes(orderId));
    expect(kept.length).to.be.greaterThan(30);
  });

  it("on paper buys and sells at the prices that there are", () => {
    const { desk } = botOf("random", "paper");
    desk.moved({ bestBidTicks: 99, bestAskTicks: 101, lastTicks: 100 });
    desk.place({ isBuy: true, quantityLots: 5, priceTicks: null }, false);
    desk.place({ isBuy: false, quantityLots: 2, priceTicks: 100 }, true);
    expect([desk.inventoryLots, desk.resting.length]).to.deep.equal([5, 1]);
    desk.moved({ bestBidTicks: 100, bestAskTicks: 102, lastTicks: 100 });
    expect([desk.inventoryLots, desk.resting.length]).to.deep.equal([3, 0]);
  });

  it("refuses a recording that is none, and names the line", () => {
    const good = lookLine({ asset: "KCN-EUR", bot: "any", touch: nobody });
    expect(() => parseLooks(`${good}{"asset":1}\n`)).to.throw(/^line 2 is no look at a market/);
    expect(() => parseLooks("what\n")).to.throw(/^line 1/);
  });
});

describe("the path of what an asset is worth", () => {
  it("wanders, comes back, and is the same for the same seed", () => {
    const pricesOf = (seed: string) => {
      const path = new ReferencePath(4_200, drawsOf(seed));
      return Array.from({ length: 20_000 }, () => path.next());
    };
    const prices = pricesOf("seed");
    expect(pricesOf("seed")).to.deep.equal(prices);
    expect(pricesOf("another")).to.not.deep.equal(prices);
    expect([Math.min(...prices), Math.max(...prices)]).to.satisfy(
      ([least, most]: [number, number]) => least > 3_900 && most < 4_530 && least < 4_150 && most > 4_250,
    );
  });
});
