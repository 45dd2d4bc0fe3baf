import { join } from "node:path";
import { expect } from "chai";
import { replayed } from "../../../src/bots/replay.js";
import { STRATEGIES } from "../../../src/bots/strategies/strategies.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";

const registry = loadAssets(join(projectRoot, "config", "assets.json"));

describe("a replay of what bots saw", () => {
  const looks = Array.from({ length: 60 }, (_, at) => {
    const mid = 6_400_000 + 9_000 * (at % 7);
    const touch = { bestBidTicks: mid - 100, bestAskTicks: mid + 100, lastTicks: mid };
    return {
      asset: at % 2 === 0 ? "BTC-USD" : "ETH-USD",
      bot: at % 3 === 0 ? "bot-random-2" : "bot-market-maker",
      touch,
    };
  });
  const play = (seed: number, strategies = STRATEGIES) => [...replayed(looks, { registry, strategies, seed })];

  it("decides the same for the same seed, and something else for another", () => {
    expect(play(1)).to.deep.equal(play(1));
    expect(play(2)).to.not.deep.equal(play(1));
    expect(play(1).length).to.be.greaterThan(50);
  });

  it("leaves out those that are not asked for, and what nobody knows", () => {
    const only = play(
      1,
      STRATEGIES.filter(({ name }) => name === "random"),
    );
    expect(new Set(only.map(({ bot }) => bot))).to.deep.equal(new Set(["bot-random-2"]));
    const unknown = { ...looks[0], asset: "NO-SUCH", bot: "bot-random-2" } as (typeof looks)[number];
    expect([...replayed([unknown], { registry, strategies: STRATEGIES, seed: 1 })]).to.deep.equal([]);
  });
});
