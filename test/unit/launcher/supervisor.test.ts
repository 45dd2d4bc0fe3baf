import { expect } from "chai";
import sinon from "sinon";
import { type Part, type RunningPart, Supervisor } from "../../../src/launcher/supervisor.js";

/** A part whose processes end when the test says so. */
class ScriptedPart implements Part {
  readonly name = "engine";
  readonly startedAtMs: number[] = [];
  failuresLeft = 0;
  stops = 0;
  end: (how: string) => void = () => {};

  async start(): Promise<RunningPart> {
    this.startedAtMs.push(Date.now());
    if (this.failuresLeft-- > 0) throw new Error("no memory");
    const exited = new Promise<string>((resolve) => {
      this.end = resolve;
    });
    const stop = async () => {
      this.stops++;
      this.end("exited with code 0");
    };
    return { pid: 1000 + this.startedAtMs.length, exited, stop };
  }
}

describe("supervisor", () => {
  let clock: sinon.SinonFakeTimers;
  let part: ScriptedPart;
  let told: string[];
  let onRestart: sinon.SinonSpy;
  let supervisor: Supervisor;

  beforeEach(async () => {
    clock = sinon.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    part = new ScriptedPart();
    told = [];
    onRestart = sinon.spy();
    supervisor = new Supervisor(part, { tell: (line) => told.push(line), onRestart });
    await supervisor.start();
    supervisor.keepRunning();
  });
  afterEach(async () => {
    await supervisor.stop();
    clock.restore();
  });

  async function dies(): Promise<void> {
    part.end("exited with code 1");
    await clock.tickAsync(0);
  }

  it("starts a part that died again after 25 ms, and says so", async () => {
    await dies();
    await clock.tickAsync(24);
    expect(part.startedAtMs).to.deep.equal([0]);
    await clock.tickAsync(1);
    expect(part.startedAtMs).to.deep.equal([0, 25]);
    expect(told).to.deep.equal(["engine exited with code 1; starting it again in 25 ms"]);
    expect(onRestart.callCount).to.equal(1);
    expect(supervisor.running?.pid).to.equal(1002);
  });

  it("waits twice as long after each death, up to ten seconds", async () => {
    for (const delayMs of [25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
      const startsBefore = part.startedAtMs.length;
      await dies();
      await clock.tickAsync(delayMs - 1);
      expect(part.startedAtMs).to.have.lengthOf(startsBefore);
      await clock.tickAsync(1);
      expect(part.startedAtMs).to.have.lengthOf(startsBefore + 1);
    }
  });

  it("forgets earlier deaths once the part ran for three seconds", async () => {
    await dies();
    await clock.tickAsync(100);
    await clock.tickAsync(3_001);
    await dies();
    expect(told.at(-1)).to.equal("engine exited with code 1; starting it again in 25 ms");
  });

  it("tries again when a restart fails", async () => {
    part.failuresLeft = 1;
    await dies();
    await clock.tickAsync(100);
    expect(told.slice(1)).to.deep.equal(["engine: no memory", "engine did not start; starting it again in 50 ms"]);
    await clock.tickAsync(200);
    expect(supervisor.running?.pid).to.equal(1003);
    expect(onRestart.callCount).to.equal(1);
  });

  it("does not start a part that it stopped", async () => {
    await supervisor.stop();
    await clock.tickAsync(60_000);
    expect(part.stops).to.equal(1);
    expect(part.startedAtMs).to.have.lengthOf(1);
    expect(told).to.deep.equal([]);
  });

  it("does not start a part that died shortly before the stop", async () => {
    await dies();
    await supervisor.stop();
    await clock.tickAsync(60_000);
    expect(part.startedAtMs).to.have.lengthOf(1);
  });
});
