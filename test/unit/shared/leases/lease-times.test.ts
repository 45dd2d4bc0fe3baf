import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { LEASE_TIMES, type LeaseTimes, leaseProblems } from "../../../../src/shared/leases/lease-times.js";
import { projectRoot } from "../../../../src/shared/process/project-root.js";

/** Times that fit together, whatever those in force are: a longer lease is no change of this test. */
const FITTING: LeaseTimes = {
  aloneEvery: 8,
  heartbeatMs: 500,
  silentBeatsMax: 4,
  publishTimeoutMs: 2_000,
  followedWithinMs: 3_000,
  forgottenAfterMs: 600_000,
};

describe("the times of leases", () => {
  it("may be such that fit together", () => expect(leaseProblems(FITTING)).to.deep.equal([]));

  const edits: [string, Partial<LeaseTimes>, RegExp][] = [
    [
      "a lease that is longer than what is promised",
      { silentBeatsMax: 8 },
      /^who dies is given up after 4500 ms .* 3000$/,
    ],
    ["rarer heartbeats", { heartbeatMs: 1_000 }, /^who dies is given up after 5000 ms /],
    ["a lease of two heartbeats", { silentBeatsMax: 2, publishTimeoutMs: 500 }, /^silentBeatsMax is 2: /],
    ["a lost heartbeat that outlives the lease", { publishTimeoutMs: 2_001 }, /^a lost heartbeat is waited for /],
    ["a server that forgets too soon", { aloneEvery: 2, forgottenAfterMs: 19_999 }, /^forgottenAfterMs is 19999 ms, /],
    ["one that is alone and says too little", { aloneEvery: 121 }, / says only every 60500 ms that it is there$/],
  ];
  for (const [name, edit, problem] of edits)
    it(`don't allow ${name}`, () => {
      const problems = leaseProblems({ ...FITTING, ...edit });
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(problem);
    });

  it("are those that the pages tell", () => {
    const page = (name: string) => readFileSync(join(projectRoot, "docs", name), "utf8").replaceAll("\n", " ");
    const { followedWithinMs, heartbeatMs, aloneEvery, silentBeatsMax, forgottenAfterMs } = LEASE_TIMES;
    const words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    expect(page("operations.md")).to.contain(`others have its assets within ${followedWithinMs / 1_000} s`);
    expect(page("arch.md")).to.contain(`Each says every ${heartbeatMs} ms that it is there`);
    expect(page("arch.md")).to.contain(`one that is alone every ${(aloneEvery * heartbeatMs) / 1_000} s`);
    expect(page("arch.md")).to.contain(`forgets what it said after ${forgottenAfterMs / 60_000} minutes`);
    expect(page("arch.md")).to.contain(`silent for ${words[silentBeatsMax]} heartbeats`);
  });
});
