import { setTimeout as pause } from "node:timers/promises";
import { expect } from "chai";
import { paced, RestFactor } from "../../../src/reconciliation/pace.js";
import type { WorkingSnapshot } from "../../../src/shared/database/snapshot.js";

const STATEMENT_MS = 20;
/** Timers may be early by a fraction of one. */
const TIMER_MS = 1;

const work = async () => {
  await pause(STATEMENT_MS);
  return [{ n: 1 }];
};
const snapshot = {
  query: work,
  async *pages() {
    yield await work();
    yield await work();
  },
} as unknown as WorkingSnapshot;

describe("reconciliation's pace", () => {
  const timed = async (done: () => Promise<unknown>) => {
    const startedMs = performance.now();
    await done();
    return performance.now() - startedMs;
  };
  const readAll = async (from: WorkingSnapshot) => {
    const pages: unknown[] = [];
    for await (const page of from.pages("select")) pages.push(page);
    return pages;
  };

  it("rests after a statement, and after each page, several times as long as that took", async () => {
    const slow = paced(snapshot, 3, new AbortController().signal);
    expect(await timed(() => slow.query("select"))).to.be.at.least(4 * (STATEMENT_MS - TIMER_MS));
    expect(await timed(() => readAll(slow))).to.be.at.least(8 * (STATEMENT_MS - TIMER_MS));
  });

  it("changes nothing of what is read", async () => {
    const slow = paced(snapshot, 0.1, new AbortController().signal);
    expect(await slow.query("select")).to.deep.equal([{ n: 1 }]);
    expect(await readAll(slow)).to.deep.equal([[{ n: 1 }], [{ n: 1 }]]);
  });

  it("rests no longer once it is told to stop", async () => {
    const stopping = new AbortController();
    const hour = paced(snapshot, 3_600_000 / STATEMENT_MS, stopping.signal);
    setTimeout(() => stopping.abort(), 2 * STATEMENT_MS);
    expect(await hour.query("select")).to.deep.equal([{ n: 1 }]);
  });

  it("rests less while passes don't get done, down to a quarter, and as usual when they do again", () => {
    const rests = new RestFactor(2);
    const after = [false, false, false, true, true, true].map((isDone) => {
      rests.passed(isDone);
      return rests.now;
    });
    expect(after).to.deep.equal([1, 0.5, 0.5, 1, 2, 2]);
  });
});
