import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { type TurnEnd, Turns, type TurnTaker } from "../../../src/order-handler/turns.js";

/** Longer than any group rests here. */
const REST_MS_MAX = 20;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Has so much to do, a part of it each turn, and notes whose turn it was. */
class Taker implements TurnTaker {
  readonly group: string;
  readonly #name: string;
  readonly #served: string[];
  left: number;
  refused = 0;
  waitMs = 0;

  constructor(name: string, left: number, served: string[]) {
    this.#name = name;
    this.group = name.slice(0, 1);
    this.left = left;
    this.#served = served;
  }

  takeTurn(): TurnEnd {
    this.left--;
    this.#served.push(this.#name);
    return { hasMore: this.left > 0, refused: this.refused, waitMs: this.waitMs };
  }
}

describe("turns", () => {
  let served: string[];
  let turns: Turns<Taker>;
  let clock: SinonFakeTimers | null;
  beforeEach(() => {
    served = [];
    turns = new Turns();
    clock = null;
  });
  afterEach(() => clock?.restore());
  const wake = (name: string, left = 1) => {
    const taker = new Taker(name, left, served);
    turns.wake(taker);
    return taker;
  };
  const done = async (...takers: Taker[]) => {
    while (takers.some(({ left }) => left > 0)) await nextTurn();
  };

  it("are taken group by group, however many members one has and however much they have to do", async () => {
    const takers = [wake("a1", 3), wake("a2", 3), wake("a3", 3), wake("b1", 2), wake("c1")];
    await done(...takers);
    expect(served.slice(0, 7)).to.deep.equal(["a1", "b1", "c1", "a2", "b1", "a3", "a1"]);
    expect(served).to.have.length(12);
  });

  it("are one for each who was woken, however often", async () => {
    const taker = wake("a1", 2);
    for (const _ of [1, 2, 3]) turns.wake(taker);
    await done(taker);
    expect(served).to.deep.equal(["a1", "a1"]);
  });

  it("make a group rest that is refused for sending too much, and nobody else", async () => {
    const [refused, other] = [wake("a1", 3), wake("b1", 200)];
    refused.refused = 128;
    clock = useFakeTimers({ toFake: ["setTimeout"] });
    await done(other);
    wake("a2");
    await nextTurn();
    expect(served.filter((name) => name.startsWith("a"))).to.deep.equal(["a1"]);
    while (refused.left > 0) {
      clock.tick(REST_MS_MAX);
      await nextTurn();
    }
    expect(served.filter((name) => name === "a1")).to.have.length(3);
  });

  it("make a group wait that takes more than its share, and nobody else", async () => {
    const [greedy, other] = [wake("a1", 3), wake("b1", 200)];
    greedy.waitMs = 1;
    clock = useFakeTimers({ toFake: ["setTimeout"] });
    await done(other);
    expect(served.filter((name) => name === "a1")).to.have.length(1);
    while (greedy.left > 0) {
      clock.tick(REST_MS_MAX);
      await nextTurn();
    }
    expect(served.filter((name) => name === "a1")).to.have.length(3);
  });

  it("go on for a group of which a request is refused now and then", async () => {
    const [refused, other] = [wake("a1", 30), wake("b1", 30)];
    refused.refused = 1;
    await done(refused, other);
    expect(served.slice(0, 60).filter((name) => name === "a1")).to.have.length(30);
  });

  it("leave the event loop to others while somebody always has more to do", async () => {
    const busy = wake("a1", Number.POSITIVE_INFINITY);
    const other = await new Promise<Taker>((resolve) => setTimeout(() => resolve(wake("b1")), 5));
    await done(other);
    busy.left = 1;
    await done(busy);
    expect(served).to.include("b1");
  });
});
