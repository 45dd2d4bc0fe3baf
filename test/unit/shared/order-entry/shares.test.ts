import { expect } from "chai";
import { type AccountId, accountId } from "../../../../src/shared/domain/units.js";
import { Shares } from "../../../../src/shared/order-entry/shares.js";

const [ANN, BOB, EVE] = [accountId(1), accountId(2), accountId(3)];
const STEP_MS = 2;
const SWEEP_MS = 250;
/** Requests of an account in a step. */
const TURN = 64;
const IDLE_PUBLISH_MS = 2;

/** A log whose publishes take longer the more of a machine's requests a second are used, and accounts that send to it. */
class Machine {
  readonly #capacity: number;
  /** What a publish takes while nothing else is done. */
  idlePublishMs = IDLE_PUBLISH_MS;
  readonly #shares = new Shares();
  readonly #sent = new Map<AccountId, number>();
  #nowMs = 1_000;
  #busy = 0;
  #publishMs: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Everybody sends so many requests a second, if the machine takes them. */
  run(ms: number, perSecond: ReadonlyMap<AccountId, number>): void {
    this.#sent.clear();
    this.#publishMs = [];
    const owed = new Map<AccountId, number>();
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs; this.#nowMs += STEP_MS) {
      let taken = 0;
      for (const [account, rate] of perSecond) {
        let owes = Math.min(1_000, (owed.get(account) ?? 0) + (rate * STEP_MS) / 1_000);
        const turn = this.#shares.waitMs(account, this.#nowMs) > 0 ? 0 : Math.min(TURN, Math.floor(owes));
        for (let count = 0; count < turn; count++) this.#shares.took(account, this.#nowMs);
        this.#sent.set(account, this.sent(account) + turn);
        owes -= turn;
        taken += turn;
        owed.set(account, owes);
      }
      this.#busy += ((taken * 1_000) / STEP_MS / this.#capacity - this.#busy) / 20;
      const publishMs = this.idlePublishMs / (1 - Math.min(0.95, this.#busy));
      this.#shares.published(publishMs);
      this.#publishMs.push(publishMs);
    }
  }

  /** Nobody sends anything for so long. */
  rest(ms: number): void {
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs; this.#nowMs += SWEEP_MS) this.#shares.sweep(this.#nowMs);
  }

  sent(account: AccountId): number {
    return this.#sent.get(account) ?? 0;
  }

  get limited(): number {
    return this.#shares.limited;
  }

  get heldBack(): number {
    return this.#shares.heldBack;
  }

  /** The slowest but for the slowest hundredth. */
  get publishP99Ms(): number {
    return this.#publishMs.sort((a, b) => a - b)[Math.floor(this.#publishMs.length * 0.99)] ?? 0;
  }
}

describe("the shares of the log", () => {
  it("leave an account alone that is alone", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map([[EVE, 5_000]]));
    expect(machine.sent(EVE)).to.equal(25_000);
  });

  it("leave accounts alone that send equally much, also beside one that sends little", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map([[ANN, 2_000], [BOB, 2_000]])); // biome-ignore format: one pair after the other
    expect(machine.sent(ANN) + machine.sent(BOB)).to.equal(20_000);
    machine.run(5_000, new Map([[ANN, 2_000], [BOB, 2_000], [EVE, 5]])); // biome-ignore format: one pair after the other
    expect(machine.limited).to.equal(0);
    expect(machine.sent(ANN) + machine.sent(BOB)).to.equal(20_000);
  });

  const honest: [AccountId, number][] = [[ANN, 80], [BOB, 80]]; // biome-ignore format: one pair after the other

  it("limit an account that sends much more than others to what hardly slows a publish, from the beginning of its flood", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map(honest));
    const quietMs = machine.publishP99Ms;
    machine.run(10_000, new Map([...honest, [EVE, 20_000]]));
    expect(machine.limited).to.equal(1);
    expect(machine.publishP99Ms).to.be.lessThan(3 * quietMs);
    expect(machine.sent(ANN)).to.equal(800);
    expect(machine.sent(EVE), "what the others leave").to.be.within(10_000, 40_000);
  });

  it("limit it as well in a flood that goes on for minutes", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map(honest));
    const quietMs = machine.publishP99Ms;
    machine.run(200_000, new Map([...honest, [EVE, 20_000]]));
    expect(machine.publishP99Ms).to.be.lessThan(3 * quietMs);
    expect(machine.sent(EVE), "what the others leave").to.be.within(200_000, 800_000);
  });

  it("limit it hardly on a machine that has enough for all", () => {
    const machine = new Machine(200_000);
    machine.run(5_000, new Map(honest));
    machine.run(10_000, new Map([...honest, [EVE, 20_000]]));
    machine.run(1_000, new Map([...honest, [EVE, 20_000]]));
    expect(machine.sent(EVE)).to.be.within(19_500, 20_500);
  });

  it("tell of an account only while the log is slower because of it, and then all the time", () => {
    const [small, large] = [new Machine(5_000), new Machine(200_000)];
    for (const machine of [small, large]) machine.run(60_000, new Map([...honest, [EVE, 20_000]]));
    expect([small.limited, large.limited]).to.deep.equal([1, 1]);
    for (let looks = 0; looks < 60; looks++) {
      for (const machine of [small, large]) machine.run(1_000, new Map([...honest, [EVE, 20_000]]));
      expect([small.heldBack, large.heldBack]).to.deep.equal([1, 0], `look ${looks}`);
    }
  });

  it("tell nothing of an account that sends forty requests a second while others send a few", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map([[ANN, 4], [BOB, 4], [EVE, 40]])); // biome-ignore format: one pair after the other
    expect([machine.limited, machine.heldBack]).to.deep.equal([1, 0]);
  });

  it("let it go on as it likes a moment after the others have left", () => {
    const machine = new Machine(5_000);
    machine.run(10_000, new Map([...honest, [EVE, 20_000]]));
    machine.run(10_000, new Map([[EVE, 4_000]]));
    machine.run(1_000, new Map([[EVE, 4_000]]));
    expect(machine.limited).to.equal(0);
    expect(machine.sent(EVE)).to.equal(4_000);
  });

  it("take what is always slow for usual: a limit that never rose would help nobody", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map([[ANN, 2_000], [BOB, 2_000]])); // biome-ignore format: one pair after the other
    machine.run(10_000, new Map([...honest, [EVE, 20_000]]));
    expect(machine.sent(EVE)).to.be.greaterThan(10_000);
  });

  it("forget an account that is limited once it has stopped, also if nobody sends anything any more", () => {
    const machine = new Machine(5_000);
    machine.run(5_000, new Map([...honest, [EVE, 20_000]]));
    expect(machine.limited).to.equal(1);
    machine.rest(20_000);
    expect(machine.limited).to.equal(0);
  });

  it("see within two minutes what is usual now, when the log has become slower and the account that takes more is not the reason", () => {
    const machine = new Machine(50_000);
    machine.run(5_000, new Map([...honest, [EVE, 5_000]]));
    machine.idlePublishMs *= 4; // another disk
    machine.run(120_000, new Map([...honest, [EVE, 5_000]]));
    machine.run(5_000, new Map([...honest, [EVE, 5_000]]));
    expect(machine.sent(EVE)).to.be.greaterThan(20_000);
  });
});
