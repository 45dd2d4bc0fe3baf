import { expect } from "chai";
import { ReportMatching } from "../../../tools/load/report-matching.js";

describe("the matching of acknowledgements and reports", () => {
  const matched: [number, number][] = [];
  let matching: ReportMatching;
  beforeEach(() => {
    matched.length = 0;
    matching = new ReportMatching(2, (order, arrivedMs) => matched.push([order, arrivedMs]));
  });

  it("matches a report that comes after its acknowledgement", () => {
    matching.acknowledged(0, 256, 7);
    expect(matching.missing).to.equal(1);
    matching.reported(0, 256, 12.5);
    expect(matched).to.deep.equal([[7, 12.5]]);
    expect(matching.missing).to.equal(0);
  });

  it("matches a report that comes before its acknowledgement", () => {
    matching.reported(1, 256, 12.5);
    matching.acknowledged(1, 256, 7);
    expect(matched).to.deep.equal([[7, 12.5]]);
  });

  it("does not mix up assets that give the same id", () => {
    matching.acknowledged(0, 256, 7);
    matching.reported(1, 256, 12.5);
    expect(matched).to.deep.equal([]);
  });
});
