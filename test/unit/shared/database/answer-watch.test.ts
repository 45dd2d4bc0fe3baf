import { expect } from "chai";
import pino from "pino";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { AnswerWatch } from "../../../../src/shared/database/answer-watch.js";

describe("the watch of a server's answers", () => {
  let clock: SinonFakeTimers;
  let lines: string[];
  let watch: AnswerWatch;
  let asked: number;
  /** What becomes of the watch's own questions: null: no answer at all. */
  let answer: "answers" | "refuses" | null;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    lines = [];
    asked = 0;
    answer = "answers";
    const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line).msg) });
    const ask = () => {
      asked++;
      if (answer === null) return new Promise(() => undefined);
      return answer === "answers" ? Promise.resolve() : Promise.reject(new Error("connect ECONNREFUSED"));
    };
    watch = new AnswerWatch("Postgres", ask, log);
  });
  afterEach(() => {
    watch.close();
    clock.restore();
  });

  it("says nothing of a server that nobody has reached yet", async () => {
    watch.lost(new Error("connect ECONNREFUSED"));
    await clock.tickAsync(10_000);
    expect({ asked, lines }).to.deep.equal({ asked: 0, lines: [] });
    expect(watch.whyNot()).to.equal("Postgres has not answered yet");
  });

  it("asks a server only when nobody has heard of it for two seconds", async () => {
    watch.answered();
    for (let second = 0; second < 10; second++) {
      await clock.tickAsync(1_000);
      watch.answered();
    }
    expect(asked).to.equal(0);
    await clock.tickAsync(3_000);
    expect(asked).to.equal(1);
    expect(watch.whyNot()).to.equal(null);
  });

  it("takes a server for lost that keeps silent, though nobody else asks it anything", async () => {
    watch.answered();
    answer = null;
    await clock.tickAsync(5_000);
    expect(watch.whyNot()).to.equal("Postgres can't be reached: no answer for 4 s");
  });

  it("says once that it is gone and once that it is back, however many questions fail", async () => {
    watch.answered();
    answer = "refuses";
    for (let times = 0; times < 5; times++) watch.lost(new Error("connect ECONNREFUSED"));
    await clock.tickAsync(20_000);
    expect(watch.whyNot()).to.equal("Postgres can't be reached: connect ECONNREFUSED");
    answer = "answers";
    await clock.tickAsync(1_000);
    for (let times = 0; times < 5; times++) watch.answered();
    expect(watch.whyNot()).to.equal(null);
    expect(lines).to.deep.equal(["Postgres can't be reached", "Postgres is back"]);
  });
});
