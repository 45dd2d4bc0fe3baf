import { expect } from "chai";
import { UnsettledSince } from "../../../src/order-processing/unsettled-since.js";
import { commandSequence } from "../../../src/shared/domain/units.js";

describe("the age of what is not settled", () => {
  it("is that of the oldest batch with a command that is not, of each asset by itself", () => {
    const since = new UnsettledSince();
    expect(since.ageMs("A", 100)).to.equal(0);
    since.published("A", commandSequence(10), 100);
    since.published("A", commandSequence(20), 150);
    since.published("B", commandSequence(5), 190);
    expect([since.ageMs("A", 200), since.ageMs("B", 200)]).to.deep.equal([100, 10]);
    since.settled("A", commandSequence(9));
    expect(since.ageMs("A", 200)).to.equal(100);
    since.settled("A", commandSequence(10));
    expect(since.ageMs("A", 200)).to.equal(50);
    since.settled("A", commandSequence(25));
    expect(since.ageMs("A", 200)).to.equal(0);
    since.forget("B");
    expect(since.ageMs("B", 200)).to.equal(0);
  });
});
