import { expect } from "chai";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { LoadProcesses } from "../../../tools/load/load-processes.js";
import type { LoadOptions } from "../../../tools/load/load-run.js";
import { sharesOf } from "../../../tools/load/shares.js";
import { PausingHandler } from "./pausing-handler.js";

const [asset] = [...loadAssets(`${projectRoot}config/assets.json`).assets.values()];
const OPTIONS: LoadOptions = {
  ratePerSecond: 400,
  seconds: 1,
  warmupSeconds: 0.25,
  connections: 8,
  assets: [asset!],
  accounts: ["load1", "load2", "load3", "load4", "load5", "load6"],
  isText: true,
  withClientOrderIds: false,
  withReports: false,
  seed: 1,
};
const targetAt = (port: number) => ({
  orderHandler: { host: "127.0.0.1", port },
  notifierUrl: null,
  databaseUrl: null,
  natsUrl: null,
  services: [],
});

describe("a load of several processes", function () {
  this.timeout(60_000);

  it("is shared out: each has accounts of its own, other orders, and its part of the rate", () => {
    const shares = sharesOf({ ...OPTIONS, burst: 30, rampFromPerSecond: 100 }, 2);
    expect(shares.map(({ accounts }) => accounts)).to.deep.equal([
      ["load1", "load2"],
      ["load3", "load4", "load5", "load6"],
    ]);
    for (const share of shares)
      expect(share).to.include({ ratePerSecond: 200, connections: 4, burst: 15, rampFromPerSecond: 50 });
    expect(new Set(shares.map(({ seed }) => seed)).size).to.equal(2);
  });

  it("sends the whole plan, and is measured as one", async () => {
    const handler = new PausingHandler((id) => (id % 10 === 0 ? "REJ 300 BUSY full\n" : `ACK ${id} BTC-USD\n`));
    const load = new LoadProcesses(targetAt(await handler.listen()), OPTIONS, 2);
    const called: string[] = [];
    load.onMeasuring = () => called.push("measuring");
    load.onSent = () => called.push("sent");
    expect(new Set(load.pids).size).to.equal(2);
    const outcome = await load.run().finally(() => handler.close());
    expect(called).to.deep.equal(["measuring", "sent"]);
    expect(outcome).to.include({ planned: 500, sent: 500, unanswered: 0, measuredOrders: 400, acknowledged: 450 });
    expect([...outcome.rejected]).to.deep.equal([["300 BUSY", 50]]);
    expect(outcome.timing.lateness.count).to.equal(400);
    expect(outcome.timing.acknowledged.count).to.be.within(350, 370);
    expect(outcome.timing.acknowledged.summary().p50).to.be.above(0);
    expect(outcome.lastLogIds.get("BTC-USD")).to.be.within(490, 500);
    expect(Math.abs(outcome.lastAnswerMs - performance.now())).to.be.below(30_000);
  });

  it("says why, where a process can't send", async () => {
    const handler = new PausingHandler(() => "");
    const port = await handler.listen();
    handler.close();
    const problem = await new LoadProcesses(targetAt(port), OPTIONS, 2)
      .run()
      .then(String, (error: Error) => error.message);
    expect(problem).to.match(/ECONNREFUSED/);
  });
});
