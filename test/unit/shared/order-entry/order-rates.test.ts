import { expect } from "chai";
import { accountId } from "../../../../src/shared/domain/units.js";
import { OrderRates } from "../../../../src/shared/order-entry/order-rates.js";

const [ANN, BOB] = [accountId(1), accountId(2)];
const LIMITS = { perSession: { perSecond: 10, burst: 2 }, perAccount: { perSecond: 10, burst: 3 } };

describe("order rates", () => {
  it("refuse what a session sends too fast, until its bucket has refilled", () => {
    const rates = new OrderRates(LIMITS);
    const session = rates.newSession(0);
    expect(rates.refuseOrder(session, ANN, 0)).to.equal(null);
    expect(rates.refuseOrder(session, ANN, 0)).to.equal(null);
    expect(rates.refuseOrder(session, ANN, 0)).to.deep.equal({
      name: "RATE_LIMITED",
      text: "a session may send 10 requests a second, 2 at once; nothing was logged, send it again a little later",
    });
    expect(rates.refuseOrder(session, ANN, 100)).to.equal(null);
  });

  it("count an account's orders over all its sessions, and nobody else's", () => {
    const rates = new OrderRates(LIMITS);
    const [one, other] = [rates.newSession(0), rates.newSession(0)];
    for (const session of [one, one, other]) expect(rates.refuseOrder(session, ANN, 0)).to.equal(null);
    expect(rates.refuseOrder(other, ANN, 0)?.text).to.match(/^an account may send 10 requests a second, 3 at once; /);
    expect(rates.refuseOrder(rates.newSession(0), BOB, 0)).to.equal(null);
  });

  it("remember an account until its bucket is full again", () => {
    const rates = new OrderRates(LIMITS);
    const take = (nowMs: number) => rates.refuseOrder(rates.newSession(nowMs), ANN, nowMs);
    for (const _ of [1, 2, 3]) expect(take(0)).to.equal(null);
    rates.sweep(0);
    expect(take(0)).to.not.equal(null);
    rates.sweep(1_000);
    for (const _ of [1, 2, 3]) expect(take(1_000)).to.equal(null);
    expect(take(1_000)).to.not.equal(null);
  });
});
