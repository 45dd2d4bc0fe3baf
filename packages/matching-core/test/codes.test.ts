import { expect } from "chai";
import * as codes from "../src/codes.js";
import { ASSET_STATES, ORDER_TYPES, SELF_TRADE_PREVENTIONS, SIDES, TIMES_IN_FORCE } from "../src/enumerations.js";
import * as layout from "../src/event-layout.js";

/** The numbers are written out where they are used, so that a bundle holds them as numbers. */
describe("Codes", () => {
  const numbers: Record<string, unknown> = { ...layout, ...codes };
  const codeOf = (member: string) => numbers[member.toUpperCase()];

  it("of the enumerations' members are their places in the lists", () => {
    const modes = SELF_TRADE_PREVENTIONS.map((mode) => (mode === "none" ? "mode_none" : mode));
    for (const list of [SIDES, ORDER_TYPES, ASSET_STATES, modes, layout.ROW_KINDS])
      expect(list.map(codeOf)).to.deep.equal(list.map((_, place) => place));
  });

  it("of the times in force are theirs, but for IOC, which nobody asks for", () => {
    const known = TIMES_IN_FORCE.filter((name) => name !== "IOC");
    expect(known.map(codeOf)).to.deep.equal(known.map((name) => TIMES_IN_FORCE.indexOf(name)));
  });
});
