import { expect } from "chai";
import { readOptions, WrongOption } from "../../../../src/shared/process/options.js";
import { parseCommandLine as chaosOptions } from "../../../../tools/chaos/options.js";
import { parseCommandLine as loadOptions } from "../../../../tools/load/options.js";
import { parseOptions as replayOptions } from "../../../../tools/replay/options.js";

const OPTIONS = { rate: { type: "string", default: "1" }, json: { type: "boolean" } } as const;
const KNOWN = "known are --rate <value>, --json";

describe("the options of a command line", () => {
  const mistakes: [string, string[], string][] = [
    ["an unknown option", ["--x"], `Unknown option '--x'; ${KNOWN}`],
    ["a word that is no option", ["x"], `Unexpected argument 'x'; ${KNOWN}`],
    ["an option without its value", ["--rate"], `Option '--rate <value>' argument missing; ${KNOWN}`],
    ["a value that is not wanted", ["--json=yes"], `Option '--json' does not take an argument; ${KNOWN}`],
  ];
  for (const [what, args, message] of mistakes)
    it(`are named when there is ${what}`, () => {
      expect(() => readOptions({ args, options: OPTIONS })).to.throw(WrongOption, message);
    });

  it("are what was given, else their defaults", () => {
    const { values } = readOptions({ args: ["--json"], options: OPTIONS });
    expect({ ...values }).to.deep.equal({ rate: "1", json: true });
  });

  const programs = [
    { name: "chaos", parse: chaosOptions, one: "--times <value>" },
    { name: "load", parse: loadOptions, one: "--seconds <value>" },
    { name: "replay", parse: replayOptions, one: "--asset <value>" },
  ];
  for (const { name, parse, one } of programs)
    it(`are named by ${name}, too, with the one for help`, () => {
      expect(() => parse(["--x"]))
        .to.throw(WrongOption, one)
        .with.property("message")
        .that.contains("--help");
    });
});
