import { expect } from "chai";
import type { Fault } from "../../../tools/chaos/fault.js";
import type { FaultResult } from "../../../tools/chaos/fault-run.js";
import { BEGIN, END, withRow } from "../../../tools/chaos/reliability-page.js";
import { cellsOf, isPassed } from "../../../tools/chaos/result-table.js";
import { guessMs, remainingMs } from "../../../tools/chaos/run-estimate.js";

const FIRST = fault("first");
const SECOND = fault("second");
const EMPTY = `# Page\n\n${BEGIN}\n${END}\n\nMore.\n`;

function fault(name: string): Fault {
  const inject = async () => undefined;
  return { name, how: "somehow", meanwhile: "-", measure: "ack", recoversWithinMs: 1, lastsMs: 0, inject };
}

function resultOf(about: Partial<FaultResult>): FaultResult {
  const counts = { lost: 0, doubled: 0, differing: 0, process: 0 };
  const nothing = { differences: [], recovered: [], growth: null, catchUps: [], exceeded: [] };
  return { fault: FIRST, seed: 1, injected: 1, acknowledged: 9, refused: {}, counts, ...nothing, ...about };
}

const namesOn = (page: string) =>
  [...page.split("somehow")[0]!.matchAll(/^\| (first|second) /gm)].map(([, name]) => name);

describe("The page of what chaos found", () => {
  it("keeps what stands around the table, and rows of other faults, in the order of the faults", () => {
    let page = withRow(EMPTY, "a machine", [FIRST, SECOND], ["second", "exact"]);
    page = withRow(page, "a machine", [FIRST, SECOND], ["first", "exact"]);
    expect(namesOn(page).slice(0, 2)).to.deep.equal(["first", "second"]);
    expect(page.startsWith("# Page\n\n")).to.equal(true);
    expect(page.endsWith("\n\nMore.\n")).to.equal(true);
  });

  it("puts a fault's new row in the place of its old one", () => {
    const before = withRow(EMPTY, "a machine", [FIRST], ["first", "NOT EXACT"]);
    expect(withRow(before, "a machine", [FIRST], ["first", "exact"])).not.to.include("NOT EXACT");
  });

  it("mixes no rows of different machines, rates or seeds", () => {
    const before = withRow(EMPTY, "a machine", [FIRST, SECOND], ["first", "exact"]);
    expect(namesOn(withRow(before, "another", [FIRST, SECOND], ["second", "exact"]))[0]).to.equal("second");
  });
});

describe("The verdict on a fault", () => {
  it("is passed when nothing differs and every limit was kept, and says which was not", () => {
    expect(isPassed(resultOf({}))).to.equal(true);
    const slow = resultOf({ exceeded: ["back within 3000 ms (p99), not 2000"] });
    expect(isPassed(slow)).to.equal(false);
    expect(cellsOf(slow).at(-1)).to.equal("exact; back within 3000 ms (p99), not 2000");
  });

  it("names the seed when something differs", () => {
    expect(cellsOf(resultOf({ seed: 7, differences: ["lost: one"] })).at(-1)).to.equal("NOT EXACT (seed 7)");
  });
});

describe("The estimate of a run", () => {
  it("corrects itself by how long it took so far, and ends with nothing", () => {
    const planned = [FIRST, SECOND].map((each) => ({ fault: each, times: 10 }));
    const half = guessMs(planned.slice(0, 1));
    expect(remainingMs(planned, 1, 2 * half)).to.equal(2 * guessMs(planned.slice(1)));
    expect(remainingMs(planned, 2, 100)).to.equal(0);
  });
});
