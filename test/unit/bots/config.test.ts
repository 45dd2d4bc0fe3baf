import { expect } from "chai";
import { botsConfig } from "../../../src/bots/config.js";
import { accountsOf, STRATEGIES } from "../../../src/bots/strategies/strategies.js";
import { BOT_ACCOUNTS } from "../../../src/launcher/demo-accounts.js";

describe("the bots' configuration", () => {
  it("names the accounts that the launcher makes", () => {
    expect(STRATEGIES.flatMap(accountsOf)).to.have.members([...BOT_ACCOUNTS]);
  });

  it("takes some of the strategies, and names those that there are", () => {
    const names = (value: string) => botsConfig({ BOTS_STRATEGIES: value }).strategies.map(({ name }) => name);
    expect(names("random, market-maker")).to.deep.equal(["market-maker", "random"]);
    expect(() => names("random,what")).to.throw(
      "BOTS_STRATEGIES is random,what; known are market-maker, aggressive, random, mean-reversion",
    );
  });

  it("wants a secret in production", () => {
    expect(() => botsConfig({ NODE_ENV: "production" })).to.throw("BOTS_SECRET is missing");
    expect(botsConfig({ NODE_ENV: "production", BOTS_SECRET: "s" }).secret).to.equal("s");
  });
});
