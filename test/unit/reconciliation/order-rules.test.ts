import { expect } from "chai";
import { orderRules } from "../../../src/reconciliation/order-rules.js";
import { EVERYTHING } from "../../../src/reconciliation/scope.js";
import { termsColumns } from "../../../src/shared/database/stored-reports.js";

describe("the rules about orders", () => {
  it("compare every term that reports tell with the stored command", () => {
    const told = [...termsColumns("o").matchAll(/o\.(\w+) as/g)].map(([, column]) => column);
    expect(told).to.include("post_only");
    const compared = orderRules(EVERYTHING).find(({ rule }) => rule.startsWith("an order has the terms"));
    expect(Object.keys(compared?.columns ?? {})).to.include.members(told);
  });
});
