import { expect } from "chai";
import { type SinonFakeTimers, useFakeTimers } from "sinon";
import { observeEventLoopDelay } from "../../../../src/shared/process/event-loop-delay.js";
import { Metrics } from "../../../../src/shared/process/metrics.js";

describe("the event loop's delay", () => {
  let clock: SinonFakeTimers;
  const stopping = new AbortController();

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    stopping.abort();
    clock.restore();
  });

  it("is told to all services of a process by one timer, as long as one of them runs", async () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const [one, other] = [new Metrics("order-processing"), new Metrics("trade-processing")];
    observeEventLoopDelay(one, first.signal);
    observeEventLoopDelay(other, second.signal);
    expect(clock.countTimers()).to.equal(1);
    clock.tick(250);
    first.abort();
    clock.tick(250);
    second.abort();
    expect(clock.countTimers()).to.equal(0);
    expect(await one.text()).to.match(/^bourse_event_loop_delay_seconds_count.* 1$/m);
    expect(await other.text()).to.match(/^bourse_event_loop_delay_seconds_count.* 2$/m);
  });

  it("is how late a timer was, without the time between two samples", async () => {
    const metrics = new Metrics("order-handler");
    observeEventLoopDelay(metrics, stopping.signal);
    clock.tick(250); // in time
    clock.jump(320); // something took the event loop for itself
    const text = await metrics.text();
    const figure = (name: string) =>
      Number(new RegExp(`^bourse_event_loop_delay_seconds_${name}.* (.+)$`, "m").exec(text)?.[1]);
    expect(figure("count")).to.equal(2);
    expect(figure("sum")).to.equal(0.07);
    expect(text).to.not.contain("nodejs_eventloop_lag");
  });
});
