import { expect } from "chai";
import { patience, slowness } from "../../support/machine.js";

describe("patience", () => {
  it("is whole milliseconds, as timers of processes and signals want it, however slow the machine is", () => {
    for (const idleMs of [1 / 3, 7.5, 20_000]) {
      expect(patience(idleMs)).to.satisfy(Number.isInteger);
      expect(AbortSignal.timeout(patience(idleMs)).aborted).to.equal(false);
    }
  });

  it("is never shorter than on the idle machine", () => {
    expect(slowness()).to.be.at.least(1);
    expect(patience(1_000)).to.be.at.least(1_000);
  });
});
