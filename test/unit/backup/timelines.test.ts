import { expect } from "chai";
import { ancestorsIn, historyFile, leadsTo, timelineAt } from "../../../src/backup/timelines.js";

const at = (hour: number) => `2026-11-29T${hour}:00:00.000Z`;

describe("Postgres's timelines", () => {
  const goneBack = [
    { at: at(14), to: at(11), timeline: 2 },
    { at: at(18), to: at(13), timeline: 4 },
  ];

  it("are found by when they were lived, so that a way back can be undone", () => {
    const timelines = [13, 14, 17, 18, 20].map((hour) => timelineAt(goneBack, Date.parse(at(hour))));
    expect(timelines).to.deep.equal([null, 2, 2, 4, 4]);
    expect(timelineAt([], Date.parse(at(13)))).to.equal(null);
  });

  it("have ancestors, which are left at a place of the log", () => {
    const history = "1\t0/5000000\tbefore 2026-11-29 11:00:00+00\n\n2\t1/A0\tno recovery target specified\n";
    const ancestors = ancestorsIn(history);
    expect(ancestors.map(({ timeline }) => timeline)).to.deep.equal([1, 2]);
    const backup = (timeline: number, endsAt: string) => ({ timeline, endsAt });
    expect(leadsTo(backup(3, "F/0"), 3, ancestors)).to.equal(true);
    expect(leadsTo(backup(1, "0/4FFFFFF"), 3, ancestors)).to.equal(true);
    expect(leadsTo(backup(1, "0/5000001"), 3, ancestors)).to.equal(false); // it knows what was left behind
    expect(leadsTo(backup(2, "0/FFFFFFFF"), 3, ancestors)).to.equal(true);
    expect(leadsTo(backup(4, "0/0"), 3, ancestors)).to.equal(false);
  });

  it("have a history file with their number", () => {
    expect([historyFile(2), historyFile(26)]).to.deep.equal(["00000002.history", "0000001A.history"]);
  });
});
