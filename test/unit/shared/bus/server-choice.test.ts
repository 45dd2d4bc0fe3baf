import { expect } from "chai";
import { isMinority, ServerChoice } from "../../../../src/shared/bus/server-choice.js";

describe("the choice of one of several servers", () => {
  /** Publishes that began every second from `fromMs` on and got no answer: when another server is tried. */
  function triesDuring(choice: ServerChoice, fromMs: number, toMs: number): number[] {
    const tries: number[] = [];
    for (let nowMs = fromMs + 1_000; nowMs <= toMs; nowMs += 1_000)
      if (choice.unanswered("publish", nowMs - 1_000, nowMs)) {
        tries.push(nowMs);
        choice.connectionChanged();
      }
    return tries;
  }

  it("tries another one after some 4 s of silence, and no third one while a leader may be being elected", () => {
    expect(triesDuring(new ServerChoice(3), 0, 30_000)).to.deep.equal([4_000, 16_000, 28_000]);
  });

  it("has no choice with one server", () => {
    const choice = new ServerChoice(1);
    expect(triesDuring(choice, 0, 30_000)).to.deep.equal([]);
    expect(choice.mayLeave(0)).to.equal(false);
  });

  it("takes no answer to a question for that to a publish, but the other way round", () => {
    const choice = new ServerChoice(3);
    choice.unanswered("publish", 0, 2_000);
    choice.answered("request");
    expect(choice.unanswered("publish", 2_000, 4_000)).to.equal(true);
    const asking = new ServerChoice(3);
    asking.unanswered("request", 0, 2_000);
    asking.answered("publish");
    expect(asking.unanswered("request", 2_000, 4_000)).to.equal(false);
  });

  it("does not go back to one that was cut off", () => {
    const choice = new ServerChoice(3);
    choice.left("a", "cut off", 0);
    expect([choice.isWanted("a", 10), choice.isWanted("b", 20)]).to.deep.equal([false, true]);
    expect(choice.isWanted("a", 25_000), "long ago").to.equal(true);
  });

  it("goes back to one that was only silent, when another one was cut off", () => {
    const choice = new ServerChoice(3);
    choice.left("a", "cut off", 0);
    choice.left("b", "silent", 1_000);
    expect([choice.isWanted("b", 1_010), choice.isWanted("c", 1_020)]).to.deep.equal([false, true]);
    choice.left("c", "cut off", 1_400);
    expect(["c", "a", "b"].map((server) => choice.isWanted(server, 1_410))).to.deep.equal([false, false, true]);
  });

  it("takes the one that was left longest ago when all were cut off", () => {
    const choice = new ServerChoice(3);
    for (const [at, server] of ["a", "b", "c"].entries()) choice.left(server, "cut off", at * 1_000);
    const tries = ["b", "c", "a", "b", "c", "a"].map((server) => choice.isWanted(server, 3_000));
    expect(tries).to.deep.equal([false, false, false, false, false, true]);
  });

  it("stays where it was when nobody else is there, and does not leave again at once", () => {
    const choice = new ServerChoice(3);
    choice.left("a", "cut off", 0);
    expect([1, 2, 3, 4].map((nowMs) => choice.isWanted("a", nowMs))).to.deep.equal([false, false, false, true]);
    expect([choice.mayLeave(3_000), choice.mayLeave(6_000)]).to.deep.equal([false, true]);
  });
});

describe("a leader", () => {
  it("is in the minority when it has heard of too few others for long", () => {
    const silent = 3_000;
    expect(isMinority([silent, silent])).to.equal(true);
    expect(isMinority([silent, 900])).to.equal(false);
    expect(isMinority([silent, silent, silent, 20])).to.equal(true);
    expect(isMinority([silent, silent, 20, 20])).to.equal(false);
    expect(isMinority([]), "the only one").to.equal(false);
  });
});
