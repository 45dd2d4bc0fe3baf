import { expect } from "chai";
import { type SinonFakeTimers, spy, stub, useFakeTimers } from "sinon";
import { lookEvery } from "../../../../src/shared/process/looks.js";

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

  it("needs one timer, however much is looked at, which goes off no more often than there is something to look at", () => {
    const set = spy(globalThis, "setTimeout");
    const stops = [250, 500, 1_000, 250].map((everyMs) => lookEvery(everyMs, () => undefined));
    expect([set.callCount, clock.countTimers()]).to.deep.equal([1, 1]);
    clock.tick(1_000);
    expect([set.callCount, clock.countTimers()]).to.deep.equal([5, 1]);
    for (const stop of stops) stop();
    expect(clock.countTimers()).to.equal(0);
    set.restore();
  });

  it("is looked at once when a timer comes a little early", () => {
    const looks: number[] = [];
    const now = stub(performance, "now").callsFake(() => clock.now - 1);
    lookEvery(250, () => looks.push(clock.now));
    clock.tick(1_002);
    expect(looks).to.have.lengthOf(4);
    now.restore();
  });

  it("goes on with the other looks where one ends others, or itself", () => {
    const looks: string[] = [];
    const stopOne = lookEvery(250, () => {
      looks.push("one");
      stopOne();
      stopTwo();
    });
    const stopTwo = lookEvery(250, () => looks.push("two"));
    lookEvery(250, () => looks.push("three"));
    clock.tick(500);
    expect(looks).to.deep.equal(["one", "three", "three"]);
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
