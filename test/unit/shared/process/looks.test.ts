import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { lookEvery, untilNextLookMs } from "../../../../src/shared/process/looks.js";

describe("what a process looks at now and then", () => {
  let clock: SinonFakeTimers;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => clock.restore());

  it("is looked at in the same moments, whenever the looking began", () => {
    const looks: string[] = [];
    const look = (name: string) => () => void looks.push(`${name} ${performance.now()}`);
    lookEvery(250, look("one"));
    clock.tick(70);
    lookEvery(500, look("two"));
    clock.tick(50);
    lookEvery(250, look("three"));
    clock.tick(1_000);
    expect(looks).to.have.members([
      ...["one 250", "one 500", "one 750", "one 1000"],
      ...["two 500", "two 1000"],
      ...["three 250", "three 500", "three 750", "three 1000"],
    ]);
  });

  it("is told how late a look is, and the next one comes in time again", () => {
    const lateMs: number[] = [];
    lookEvery(250, (late) => lateMs.push(late));
    clock.jump(330);
    clock.tick(170);
    expect(lateMs).to.deep.equal([80, 0]);
  });

  it("is looked at once when a timer comes a little early", () => {
    clock.tick(249);
    expect(untilNextLookMs(250)).to.equal(251);
  });

  it("is not looked at any more after the end", () => {
    let looks = 0;
    const stop = lookEvery(250, () => {
      looks++;
      stop();
    });
    clock.tick(1_000);
    expect(looks).to.equal(1);
  });
});
