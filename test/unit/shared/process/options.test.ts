import { expect } from "chai";
import { commandLine, someOf, WrongOption, whole } from "../../../../src/shared/process/options.js";
import { parseCommandLine as chaosOptions } from "../../../../tools/chaos/options.js";
import { parseCommandLine as loadOptions } from "../../../../tools/load/options.js";
import { parseOptions as replayOptions } from "../../../../tools/replay/options.js";

describe("the options of a command line", () => {
  const parsed = (...args: string[]) =>
    commandLine("thing", "It does something.")
      .option("--rate <count>", "how often", whole({ to: 9 }), 1)
      .option("--seed <number>", "which", whole(), 1)
      .option("--only <names>", "some", someOf(["codec", "memory", "garbage"], String))
      .option("--why <text>", "the reason")
      .option("--json", "as JSON")
      .parse(args, { from: "user" })
      .opts();
  const rest =
    "; it is npm run thing -- [options], known are --rate <count>, --seed <number>, --only <names>, --why <text>, --json, -h, --help";

  const mistakes: [string, string[], string][] = [
    ["an unknown option", ["--x"], `unknown option '--x'${rest}`],
    ["a typo", ["--jsno"], `unknown option '--jsno' (Did you mean --json?)${rest}`],
    ["a word that is no option", ["x"], `too many arguments. Expected 0 arguments but got 1.${rest}`],
    ["an option without its value", ["--rate"], `option '--rate <count>' argument missing${rest}`],
    ["a value that is not wanted", ["--json=yes"], `unknown option '--json=yes'`],
    ["a forgotten value", ["--why", "--json"], "is invalid. A value is not empty, and does not begin with -"],
    ["an empty value", ["--why", " "], "is invalid. A value is not empty, and does not begin with -"],
    ["a count that is none", ["--rate", "many"], "argument 'many' is invalid. It must be a whole number from 1 to 9"],
    ["a count out of its range", ["--rate", "10"], "It must be a whole number from 1 to 9"],
    ["zero", ["--seed", "0"], "It must be a whole number from 1"],
    ["an unknown name", ["--only", "memory,x"], "There is no x; known are all, codec, memory, garbage"],
  ];
  for (const [what, args, message] of mistakes)
    it(`are explained in one line when there is ${what}`, () => {
      expect(() => parsed(...args))
        .to.throw(WrongOption, message)
        .with.property("message")
        .that.does.not.include("\n");
    });

  it("are what was given, else their defaults", () => {
    expect(parsed("--json", "--only", "memory,codec")).to.deep.equal({
      rate: 1,
      seed: 1,
      json: true,
      only: ["memory", "codec"],
    });
  });

  const programs = [
    { name: "chaos", parse: chaosOptions, one: "--times <count>" },
    { name: "load", parse: loadOptions, one: "--seconds <seconds>" },
    { name: "replay", parse: replayOptions, one: "--asset <name>" },
  ];
  for (const { name, parse, one } of programs)
    it(`are named by ${name}, too, with the one for help`, () => {
      expect(() => parse(["--x"]))
        .to.throw(WrongOption, one)
        .with.property("message")
        .that.contains("--help");
    });

  it("turn a load's options into its plan and its objectives, or say what does not fit", () => {
    const { load, objectives, compare } = loadOptions([
      ...["--rate", "500", "--ramp", "--burst", "--accounts", "4", "--mix", "all"],
      ...["--ack-p99-ms", "2.5", "--compare", "a.json", "b.json"],
    ]);
    expect(load).to.include({ ratePerSecond: 500, rampFromPerSecond: 50, burst: 100, mix: "all" });
    expect(load.accounts).to.deep.equal(["load1", "load2", "load3", "load4"]);
    expect(objectives).to.deep.equal([{ name: "ack-p99-ms", of: "acknowledged", percentile: "p99", limitMs: 2.5 }]);
    expect(compare).to.deep.equal(["a.json", "b.json"]);
    expect(loadOptions([]).load).not.to.have.any.keys("rampFromPerSecond", "burst");
    const mistakes: [string[], string][] = [
      [["--ack-p99-ms", "0"], "It must be a number above 0, such as 10 or 2.5"],
      [["--ramp", "1000"], "--ramp 1000 is no rise to --rate 1000"],
      [["--accounts", "51"], "51 accounts need a session each: --connections 51"],
      [["--mix", "wild"], "Allowed choices are plain, mix, ecore, all"],
    ];
    for (const [args, message] of mistakes) expect(() => loadOptions(args)).to.throw(WrongOption, message);
  });
});
