import { expect } from "chai";
import { BotsSwitch } from "../../../src/launcher/bots-switch.js";

describe("the switch of the bots", () => {
  let done: string[];
  let isRunning: boolean;
  let problem: Error | null;
  let bots: BotsSwitch;

  beforeEach(() => {
    [done, isRunning, problem] = [[], false, null];
    const change = async (what: string, running: boolean) => {
      done.push(what);
      await Promise.resolve();
      if (problem !== null) throw problem;
      isRunning = running;
    };
    bots = new BotsSwitch({
      adminUrl: "http://127.0.0.1:9110",
      isRunning: () => isRunning,
      start: () => change("start", true),
      stop: () => change("stop", false),
    });
  });

  it("does nothing where it is as it should be", async () => {
    expect(await bots.turn("off")).to.include({ state: "stopped", problem: null });
    expect(done).to.deep.equal([]);
  });

  it("makes one change after the other, however they come", async () => {
    const answers = await Promise.all([bots.turn("on"), bots.turn("on"), bots.turn("off"), bots.turn("on")]);
    expect(done).to.deep.equal(["start", "stop", "start"]);
    expect(answers.at(-1)).to.include({ state: "running" });
  });

  it("says what it is about to do", async () => {
    const turning = bots.turn("on");
    await Promise.resolve();
    expect(bots.state).to.include({ state: "starting" });
    await turning;
    expect(bots.state).to.include({ state: "running" });
  });

  it("says why they did not start, until they do", async () => {
    problem = new Error("bots did not start: port 9110 is in use");
    expect(await bots.turn("on")).to.include({ state: "stopped", problem: problem.message });
    problem = null;
    expect(await bots.turn("on")).to.include({ state: "running", problem: null });
  });
});
