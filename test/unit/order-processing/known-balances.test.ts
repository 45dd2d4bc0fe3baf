import { expect } from "chai";
import { KnownBalances } from "../../../src/order-processing/known-balances.js";
import { accountId } from "../../../src/shared/domain/units.js";

const usd = (account: number) => ({ accountId: accountId(account), currency: "USD" });
const balance = (units: number) => ({ availableUnits: BigInt(units), openOrders: 0 });

describe("known balances", () => {
  it("are the last that was learned, by account and currency", () => {
    const known = new KnownBalances();
    known.learn(usd(1), balance(5));
    known.learn(usd(1), balance(4));
    expect(known.get(usd(1))).to.deep.equal(balance(4));
    expect(known.get({ ...usd(1), currency: "BTC" })).to.equal(undefined);
    expect(known.get(usd(2))).to.equal(undefined);
  });

  it("are forgotten one by one or all at once", () => {
    const known = new KnownBalances();
    for (const account of [1, 2, 3]) known.learn(usd(account), balance(5));
    known.forget(usd(2));
    expect([1, 2, 3].map((account) => known.get(usd(account)) !== undefined)).to.deep.equal([true, false, true]);
    known.forgetAll();
    expect(known.get(usd(1))).to.equal(undefined);
  });

  it("make room by forgetting the one that was learned the longest ago", () => {
    const known = new KnownBalances(2);
    for (const account of [1, 2, 1, 3]) known.learn(usd(account), balance(5));
    expect([1, 2, 3].map((account) => known.get(usd(account)) !== undefined)).to.deep.equal([true, false, true]);
  });
});
