import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { observeEventLoopDelay } from "../../../../src/shared/process/event-loop-delay.js";
import { Metrics } from "../../../../src/shared/process/metrics.js";

describe("the event loop's delay", () => {
  let clock: SinonFakeTimers;
  const stopping = new AbortController();

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  });
  afterEach(() => {
    stopping.abort();
    clock.restore();
  });

  it("is how late a timer was, without the time between two samples", async () => {
    const metrics = new Metrics("order-handler");
    observeEventLoopDelay(metrics, stopping.signal);
    clock.tick(200); // in time
    clock.jump(270); // something took the event loop for itself
    const text = await metrics.text();
    const figure = (name: string) =>
      Number(new RegExp(`^bourse_event_loop_delay_seconds_${name}.* (.+)$`, "m").exec(text)?.[1]);
    expect(figure("count")).to.equal(2);
    expect(figure("sum")).to.equal(0.07);
    expect(text).to.not.contain("nodejs_eventloop_lag");
  });
});
