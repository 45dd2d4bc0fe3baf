import { expect } from "chai";
import { momentOf } from "../../../src/backup/moment.js";

const NOW_MS = Date.parse("2026-11-29T22:00:00Z");

describe("the moment to go back to", () => {
  it("is a time with its offset, or the latest", () => {
    expect(momentOf("latest", NOW_MS)).to.equal(null);
    for (const text of ["2026-11-29T21:50:00Z", "2026-11-29 22:50:00+01:00", "2026-11-29t21:50:00.000z"])
      expect(momentOf(text, NOW_MS)?.toISOString(), text).to.equal("2026-11-29T21:50:00.000Z");
  });

  it("is refused where it is no time, leaves the offset open, or has not come", () => {
    for (const text of ["yesterday", "2026-11-29", "2026-11-29T21:50:00", "2026-13-29T21:50:00Z", "1764452400"])
      expect(() => momentOf(text, NOW_MS), text).to.throw(/is no time: give one such as/);
    expect(() => momentOf("2026-11-29T22:00:01Z", NOW_MS)).to.throw(/has not come yet/);
  });
});
