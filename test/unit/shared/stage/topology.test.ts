import { readFileSync } from "node:fs";
import { expect } from "chai";
import { projectRoot } from "../../../../src/shared/process/project-root.js";
import { TOPOLOGY } from "../../../../src/shared/stage/topology.js";

const STAGES = Object.entries(TOPOLOGY);

describe("the topology", () => {
  it("stands in docs/arch.md as it is", () => {
    const page = readFileSync(`${projectRoot}docs/arch.md`, "utf8");
    const code = (stream: string | null) => (stream === null ? "" : `\`${stream}\``);
    const rows = STAGES.map(
      ([stage, { input, output, fence, position }]) =>
        `| ${stage} | ${code(input)} | ${code(output)} | ${fence} | ${position} |`,
    );
    expect(page).to.include(
      ["| stage | input | output | fence | position |", "|---|---|---|---|---|", ...rows].join("\n"),
    );
  });

  it("is one way: each stage reads what the one before it writes", () => {
    // The gateway is a second door, which hears of results, too.
    const path = STAGES.filter(([stage]) => stage !== "gateway").map(([, stage]) => stage);
    expect([...path.map(({ input }) => input), null]).to.deep.equal([null, ...path.map(({ output }) => output)]);
    expect(TOPOLOGY.gateway.output).to.equal(TOPOLOGY["order-handler"].output);
  });
});
