import { expect } from "chai";
import { Results } from "../../../../src/gateway/orders/results.js";
import type { NotificationBatch, SequencedReport } from "../../../../src/shared/domain/reports.js";
import { accountId, logId } from "../../../../src/shared/domain/units.js";

const ANN = accountId(1);
const BOB = accountId(2);
const report = (account: typeof ANN, orderId: number) => ({ accountId: account, orderId }) as SequencedReport;
const batch = (through: number, reports: SequencedReport[] = [], resync = false): NotificationBatch => ({
  trades: [],
  reports,
  status: null,
  resync,
  throughLogId: logId(through),
});

describe("answers that wait for a result", () => {
  let results: Results;
  beforeEach(() => {
    results = new Results();
  });
  const isOpen = async (answer: Promise<unknown>) => {
    const open = Symbol("open");
    return (await Promise.race([answer, Promise.resolve(open)])) === open;
  };

  it("come when the asset is complete through their request, with the account's reports since they were asked for", async () => {
    results.settled("BTC-USD", batch(256, [report(ANN, 256)]));
    const watch = results.watch("BTC-USD", ANN);
    const answer = watch.completeThrough(logId(768));
    results.settled("ETH-USD", batch(9_999));
    results.settled("BTC-USD", batch(512, [report(BOB, 512)]));
    expect(await isOpen(answer)).to.equal(true);
    results.settled("BTC-USD", batch(512, [report(ANN, 768)]));
    expect(await isOpen(answer)).to.equal(true);
    results.settled("BTC-USD", batch(1_024, [report(ANN, 768), report(BOB, 1_024)]));
    expect(await answer).to.deep.equal([report(ANN, 768), report(ANN, 768)]);
    expect(results.waiting).to.equal(0);
  });

  it("come at once if the result was faster than the acknowledgement", async () => {
    const watch = results.watch("BTC-USD", ANN);
    results.settled("BTC-USD", batch(256, [report(ANN, 256)]));
    expect(await watch.completeThrough(logId(256))).to.deep.equal([report(ANN, 256)]);
  });

  it("are in doubt after notifications were missed, and only those", async () => {
    const [before, resynced] = [results.watch("BTC-USD", ANN), results.watch("ETH-USD", ANN)];
    results.doubt();
    const after = results.watch("BTC-USD", ANN);
    results.settled("BTC-USD", batch(256));
    results.settled("ETH-USD", batch(256, [], true));
    expect(await before.completeThrough(logId(256))).to.equal("in doubt");
    expect(await resynced.completeThrough(logId(256))).to.equal("in doubt");
    expect(await after.completeThrough(logId(256))).to.deep.equal([]);
  });

  it("never go back, whatever an older notification says", async () => {
    results.settled("BTC-USD", batch(512));
    results.settled("BTC-USD", batch(256));
    expect(await results.watch("BTC-USD", ANN).completeThrough(logId(512))).to.deep.equal([]);
  });

  it("are forgotten by who waits no longer", () => {
    const watch = results.watch("BTC-USD", ANN);
    expect(results.waiting).to.equal(1);
    watch.end();
    expect(results.waiting).to.equal(0);
  });
});
