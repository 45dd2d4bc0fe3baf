import { expect } from "chai";
import { DeadlineExceeded } from "../../../../src/shared/domain/errors.js";
import { Bell, beforeDeadline, hasBecome, pausedFor, tryFor, waitFor } from "../../../../src/shared/process/waits.js";

const NEVER = new Promise<never>(() => undefined);
const endOf = (wait: Promise<unknown>) => wait.catch((error: unknown) => error);

describe("a wait", () => {
  it("ends at once when the service is told to stop, before it or meanwhile", async () => {
    const stopping = new AbortController();
    const wait = pausedFor(60_000, stopping.signal);
    stopping.abort();
    expect([await wait, await pausedFor(60_000, stopping.signal)]).to.deep.equal([false, false]);
  });

  it("lasts as long as it is said to where nobody stops it", async () => {
    expect(await pausedFor(1, new AbortController().signal)).to.equal(true);
  });

  it("for work ends with what the work ends with, else with the deadline", async () => {
    expect(await beforeDeadline(Promise.resolve(7), 60_000)).to.equal(7);
    const late = await endOf(beforeDeadline(NEVER, 1, "no word"));
    expect(late).to.be.instanceOf(DeadlineExceeded).with.property("message", "no word within 1 ms");
  });

  it("for an answer asks until there is one, or until its deadline", async () => {
    let asked = 0;
    const third = () => (++asked === 3 ? "here" : null);
    expect(await waitFor("a third time", { deadlineMs: 60_000, everyMs: 1 }, third)).to.equal("here");
    const late = await endOf(waitFor("nothing", { deadlineMs: 1, everyMs: 1 }, () => null));
    expect(late).to.be.instanceOf(DeadlineExceeded).with.property("message", "waited 1 ms for nothing");
  });

  it("for something to become so says whether it did", async () => {
    let looks = 0;
    expect(await hasBecome(() => ++looks === 3, { deadlineMs: 60_000, everyMs: 1 })).to.equal(true);
    expect(await hasBecome(() => false, { deadlineMs: 1, everyMs: 1 })).to.equal(false);
  });

  it("for work that may fail tries it again, and says what it failed with at last", async () => {
    const failures: unknown[] = [];
    const attempts = { everyMs: 1, failed: (cause: unknown) => void failures.push(cause) };
    const secondTime = async () => {
      if (failures.length === 0) throw new Error("not yet");
      return "well";
    };
    expect(await tryFor(secondTime, { ...attempts, deadlineMs: 60_000 }, "it failed")).to.equal("well");
    const late = await endOf(tryFor(() => Promise.reject("no"), { ...attempts, deadlineMs: 0 }, "it failed"));
    expect(late).to.be.instanceOf(DeadlineExceeded).with.property("cause", "no");
  });

  it("for a bell ends when it rings, and not for one that rang before", async () => {
    const bell = new Bell();
    bell.ring();
    expect(await bell.rangWithin(1)).to.equal(false);
    const wait = bell.rangWithin(60_000);
    bell.ring();
    expect(await wait).to.equal(true);
  });
});
