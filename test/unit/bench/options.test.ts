import { expect } from "chai";
import { countsOf, someOf } from "../../../bench/options.js";
import { WrongOption } from "../../../src/shared/process/options.js";

describe("the options of a benchmark", () => {
  const usual = { commands: 1_000, resting: 10 };

  it("are what is usual, but for what is asked", () => {
    expect(countsOf(["--resting", "20"], usual)).to.deep.equal({ commands: 1_000, resting: 20 });
    expect(someOf("only", "memory,codec", ["codec", "memory", "garbage"])).to.deep.equal(["memory", "codec"]);
  });

  const wrong: [problem: string, read: () => unknown, line: string][] = [
    [
      "a typo",
      () => countsOf(["--comands", "5"], usual),
      "Unknown option '--comands'; known are --commands <value>, --resting <value>",
    ],
    [
      "no number",
      () => countsOf(["--commands", "many"], usual),
      "--commands is many; it must be a whole number from 1",
    ],
    ["nothing", () => countsOf(["--commands", "0"], usual), "--commands is 0; it must be a whole number from 1"],
    [
      "an unknown part",
      () => someOf("only", "memory,codecs", ["memory", "codec"]),
      "--only names codecs; known are memory, codec",
    ],
  ];
  for (const [problem, read, line] of wrong)
    it(`tell ${problem} in one line`, () => {
      expect(read).to.throw(WrongOption, line);
    });
});
