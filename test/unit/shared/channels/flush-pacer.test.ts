import { expect } from "chai";
import sinon from "sinon";
import { FlushPacer } from "../../../../src/shared/channels/flush-pacer.js";

describe("a flush pacer", () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ["setImmediate"] });
  });
  afterEach(() => clock.restore());

  it("flushes once for all that changed in a turn, at once when it was idle", () => {
    const flush = sinon.fake.returns(false);
    const pacer = new FlushPacer(flush);
    pacer.request();
    pacer.request();
    clock.tick(0);
    expect(flush.callCount).to.equal(1);
  });

  it("gathers what changes while a flush runs into the next one", () => {
    const flush = sinon.fake(() => {
      if (flush.callCount === 1) for (let change = 0; change < 5; change++) pacer.request();
      return false;
    });
    const pacer = new FlushPacer(flush);
    pacer.request();
    clock.tick(10);
    expect(flush.callCount).to.equal(2);
  });

  it("goes on by itself while there is more", () => {
    let left = 3;
    const flush = sinon.fake(() => --left > 0);
    const pacer = new FlushPacer(flush);
    pacer.request();
    clock.tick(10);
    expect(flush.callCount).to.equal(3);
  });

  it("flushes what is left when it is stopped, and never again", () => {
    let left = 2;
    const flush = sinon.fake(() => --left > 0);
    const pacer = new FlushPacer(flush);
    pacer.request();
    pacer.stop();
    pacer.request();
    clock.tick(100);
    expect(flush.callCount).to.equal(2);
  });
});
