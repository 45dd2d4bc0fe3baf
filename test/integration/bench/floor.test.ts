import { join } from "node:path";
import { expect } from "chai";
import { startOwnFloor } from "../../../bench/floor/own-floor.js";
import { loadAssets } from "../../../src/shared/domain/assets.js";
import { projectRoot } from "../../../src/shared/process/project-root.js";
import { measuredRun } from "../../../tools/load/measured-run.js";

describe("The floor", () => {
  it("logs, settles and reports every order of the load generator", async () => {
    const assets = [...loadAssets(join(projectRoot, "config/assets.json")).assets.values()];
    const accounts = ["random1", "random2"] as const;
    const plain = { isText: false, withClientOrderIds: false, withReports: true, seed: 1, accounts, assets };
    const own = await startOwnFloor();
    try {
      const load = { ...plain, ratePerSecond: 300, seconds: 2, warmupSeconds: 0, connections: 4 };
      const { broken, outcome, settlement, cpu } = await measuredRun(own.target, load);
      expect(broken).to.deep.equal([]);
      expect(outcome.acknowledged).to.equal(600);
      expect(settlement).to.include({ logRows: 600, reportGaps: 0 });
      expect(settlement?.trades).to.be.above(100);
      const names = cpu.use.map(({ name }) => name);
      expect(names).to.have.members(["floor", "nats-server", "postgres", "load generator"]);
    } finally {
      await own.stop();
    }
  });
});
