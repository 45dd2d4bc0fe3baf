import { expect } from "chai";
import { accountId } from "../../../../src/shared/domain/units.js";
import { CancelAllowance } from "../../../../src/shared/order-entry/cancel-allowance.js";

const [ANN, BOB] = [accountId(1), accountId(2)];

describe("the allowance of cancels", () => {
  it("lets through one cancel for each order, and a few more", () => {
    const allowance = new CancelAllowance({ perSecond: 1, burst: 2 });
    for (let order = 0; order < 5; order++) allowance.ordered(ANN, 0);
    for (let cancel = 0; cancel < 7; cancel++) expect(allowance.refuseCancel(ANN, 0)).to.equal(null);
    expect(allowance.refuseCancel(ANN, 0)).to.deep.equal({
      name: "RATE_LIMITED",
      text:
        "an account may send 1 more cancels than orders a second, 2 at once; nothing was logged, " +
        "send it again a little later",
    });
    expect(allowance.refuseCancel(BOB, 0)).to.equal(null);
    expect(allowance.refuseCancel(ANN, 1_000)).to.equal(null);
  });

  it("leaves CANCELALL to whoever has used up the cancels, and bounds it, too", () => {
    const allowance = new CancelAllowance({ perSecond: 1, burst: 1 });
    expect(allowance.refuseCancel(ANN, 0)).to.equal(null);
    expect(allowance.refuseCancel(ANN, 0)).to.not.equal(null);
    expect(allowance.refuseCancelAll(ANN, 0)).to.equal(null);
    expect(allowance.refuseCancelAll(ANN, 0)?.name).to.equal("RATE_LIMITED");
  });

  it("remembers orders over time, and forgets who has none and has not cancelled for long", () => {
    const allowance = new CancelAllowance({ perSecond: 1, burst: 1 });
    allowance.ordered(ANN, 0);
    expect(allowance.refuseCancel(BOB, 0)).to.equal(null);
    allowance.sweep(0);
    expect(allowance.refuseCancel(BOB, 0)).to.not.equal(null);
    allowance.sweep(5_000);
    for (const _ of [1, 2]) expect(allowance.refuseCancel(ANN, 5_000)).to.equal(null);
  });
});
