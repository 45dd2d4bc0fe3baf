import { expect } from "chai";
import { MessageBudget } from "../../../../src/market-data-notifier/connections/message-budget.js";

const spend = (budget: MessageBudget, times: number, nowMs: number) =>
  Array.from({ length: times }, () => budget.spend(nowMs));

describe("a message budget", () => {
  it("allows as many at once as it allows in a second", () => {
    const budget = new MessageBudget(3, 0);
    expect(spend(budget, 4, 0)).to.deep.equal(["allowed", "allowed", "allowed", "refused"]);
  });

  it("refills with time, and never above its size", () => {
    const budget = new MessageBudget(2, 0);
    spend(budget, 2, 0);
    expect(spend(budget, 2, 500)).to.deep.equal(["allowed", "refused"]);
    expect(spend(budget, 3, 60_000)).to.deep.equal(["allowed", "allowed", "refused"]);
  });

  it("calls hostile who sends on in spite of many refusals", () => {
    const budget = new MessageBudget(2, 0);
    const answers = spend(budget, 23, 0);
    expect(answers.lastIndexOf("refused")).to.equal(21);
    expect(answers.at(-1)).to.equal("hostile");
  });

  it("forgives refusals when the sender slows down", () => {
    const budget = new MessageBudget(2, 0);
    spend(budget, 20, 0);
    budget.spend(1_000);
    expect(spend(budget, 20, 1_000).at(-1)).to.equal("refused");
  });
});
