import { FundedFlow } from "../../support/funded-flow.js";
import { ReportOracle } from "../../support/report-oracle.js";

const COMMANDS_PER_SEED = 1_000;
const SEEDS = 20;
const FIRST_SEED = Number(process.env["REPORTS_SEED"] ?? Date.now() % 1_000_000_000);

describe("The reports of random orders", () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++)
    it(`are what docs/protocol.md says (seed ${seed})`, () => {
      const flow = new FundedFlow(seed);
      const oracle = new ReportOracle();
      for (let sent = 0; sent < COMMANDS_PER_SEED; sent++)
        for (const report of flow.market.apply(flow.next()).settlement.reports) oracle.follow(report);
    }).timeout(60_000);
});
