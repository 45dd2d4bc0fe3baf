import { expect } from "chai";
import { nowEpochMs, nowUs, WallClock } from "../../../../src/shared/process/clock.js";

const START_MS = 1_800_000_000_000;

/** A machine whose time passes, sleeps and is set as the test says. */
class Machine {
  #wallMs = START_MS;
  #monotonicMs = 5_000.25;
  readonly clock = new WallClock({
    wallMs: () => Math.floor(this.#wallMs),
    monotonicMs: () => this.#monotonicMs,
  });

  /** Since the start. */
  get toldUs(): number {
    return this.clock.nowUs() - START_MS * 1000;
  }

  passes(ms: number): this {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
    return this;
  }

  sleeps(ms: number): this {
    return this.isSet(ms);
  }

  isSet(byMs: number): this {
    this.#wallMs += byMs;
    return this;
  }

  wallStandsFor(ms: number): this {
    this.#monotonicMs += ms;
    return this;
  }
}

describe("the wall clock", () => {
  it("tells the system's milliseconds, and microseconds between them", () => {
    const machine = new Machine();
    const told = [0, 0.25, 0.5, 1, 0.125].map((ms) => machine.passes(ms).toldUs);
    expect(told).to.deep.equal([0, 250, 750, 1_750, 1_875]);
  });

  it("is never as much as a millisecond away from the system's, however they drift apart", () => {
    const machine = new Machine();
    for (let ms = 1; ms <= 2_000; ms++) {
      machine.passes(1).isSet(ms <= 1_000 ? 0.01 : -0.01);
      const dueUs = (ms + 0.01 * (ms <= 1_000 ? ms : 2_000 - ms)) * 1000;
      expect(machine.toldUs).to.be.within(dueUs - 1_000, dueUs + 1_000);
    }
  });

  it("steps ahead with the system's", () => {
    const machine = new Machine().passes(0.5);
    expect(machine.isSet(3_600_000).toldUs).to.be.within(3_600_000_000, 3_600_000_999);
    expect(machine.passes(10).toldUs).to.be.within(3_600_010_000, 3_600_010_999);
  });

  it("has gone on while the machine slept, though its monotonic clock has not", () => {
    expect(new Machine().sleeps(28_800_000).passes(2).toldUs).to.be.within(28_800_002_000, 28_800_002_999);
  });

  it("stands still when the system's is put back, until that has caught up, and then goes on with it", () => {
    const machine = new Machine().passes(10_000);
    const before = machine.toldUs;
    expect(machine.isSet(-4_000).toldUs).to.equal(before);
    expect(machine.passes(3_999).toldUs).to.equal(before);
    expect(machine.passes(2).toldUs).to.be.within(10_001_000, 10_001_999);
    expect(machine.passes(1_000).toldUs).to.be.within(11_001_000, 11_001_999);
  });

  it("stays within the millisecond that the system's stands at", () => {
    const machine = new Machine();
    expect(machine.wallStandsFor(700).toldUs).to.equal(999);
    expect(machine.wallStandsFor(700).toldUs).to.equal(999);
    expect(machine.passes(1).toldUs).to.be.within(1_000, 1_999);
  });

  it("is the system's in every process", () => {
    const before = Date.now();
    const told = [nowEpochMs(), nowUs() / 1000, nowEpochMs()];
    const after = Date.now();
    for (const ms of told) expect(ms).to.be.within(before, after + 1);
  });
});
