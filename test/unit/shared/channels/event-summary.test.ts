import { expect } from "chai";
import sinon from "sinon";
import { EventSummary } from "../../../../src/shared/channels/event-summary.js";
import { createLogger } from "../../../../src/shared/process/log.js";

describe("a summary of events", () => {
  let clock: sinon.SinonFakeTimers;
  let lines: string[];
  let summary: EventSummary;
  beforeEach(() => {
    clock = sinon.useFakeTimers();
    lines = [];
    const log = createLogger("test", "info", { write: (line) => void lines.push(line) });
    summary = new EventSummary(log, "strangers were refused");
  });
  afterEach(() => clock.restore());

  it("is one short line a second, however often something happens", () => {
    for (let second = 0; second < 3; second++) {
      for (let n = 0; n < 10_000; n++) summary.count(n % 2 === 0 ? "lagged" : "logged_out", { n });
      clock.tick(1_000);
    }
    expect(lines).to.have.length(3);
    expect(lines.join("")).to.have.length.below(1_500);
    expect(JSON.parse(lines[0] ?? "")).to.deep.include({
      kinds: { lagged: { count: 5_000, example: { n: 9_998 } }, logged_out: { count: 5_000, example: { n: 9_999 } } },
      msg: "strangers were refused",
    });
  });

  it("says nothing when nothing happens", () => {
    summary.count("lagged", {});
    clock.tick(10_000);
    expect(lines).to.have.length(1);
  });
});
