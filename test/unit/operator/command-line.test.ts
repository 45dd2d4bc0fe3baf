import { expect } from "chai";
import { ACCOUNT } from "../../../src/operator/account-program.js";
import { ASSET } from "../../../src/operator/asset-program.js";
import { parse, table } from "../../../src/operator/command-line.js";
import { WrongOption } from "../../../src/shared/process/options.js";

describe("the command line of operators", () => {
  const misunderstood = (...args: string[]) => {
    try {
      parse(args[0] === "halt" ? ASSET : ACCOUNT, args);
    } catch (error) {
      expect(error).to.be.instanceOf(WrongOption);
      return (error as Error).message;
    }
    throw new Error(`${args.join(" ")} was understood`);
  };

  it("takes words and options in any order", () => {
    const { command, words, options, isJson } = parse(ACCOUNT, ["key", "--role", "read", "alice", "--json"]);
    expect(command.usage).to.match(/^key /);
    expect([words, options, isJson]).to.deep.equal([["alice"], { role: "read" }, true]);
  });

  const mistakes: [string, string[], RegExp][] = [
    [
      "an unknown command",
      ["fly", "x"],
      /^unknown command 'fly'; it is npm run account -- .*, known are list, show, create, .*, help, --json/,
    ],
    ["a letter too many", ["susspend", "x"], /^unknown command 'susspend' \(Did you mean suspend\?\)/],
    ["two letters in each other's place", ["craete", "x"], /Did you mean create\?/],
    [
      "an unknown option",
      ["list", "--colour", "red"],
      /^unknown option '--colour'; it is npm run account -- list .*--help/,
    ],
    [
      "an option of another command",
      ["create", "k", "--role", "read"],
      /^unknown option '--role'; it is npm run account -- create \[options\] <account>, known are --why <text>/,
    ],
    [
      "a missing word",
      ["deposit", "alice", "5"],
      /^missing required argument 'currency'; it is npm run account -- deposit \[options\] <account> <amount> <currency>/,
    ],
    [
      "a word too many",
      ["create", "alice", "bob"],
      /^too many arguments for 'create'.*; it is npm run account -- create \[options\] <account>/,
    ],
    ["no reason where one is needed", ["revoke", "k"], /^required option '--why <text>' not specified/],
    [
      "an empty reason",
      ["halt", "BTC-USD", "--why", " "],
      /^option '--why <text>' argument ' ' is invalid\. A value is not empty/,
    ],
  ];
  for (const [what, args, right] of mistakes)
    it(`says what is right when it meets ${what}`, () => {
      expect(misunderstood(...args)).to.match(right);
    });

  it("puts columns under one another", () => {
    expect(
      table([
        ["a", "bb"],
        ["ccc", "d"],
      ]),
    ).to.equal("a    bb\nccc  d");
  });
});
