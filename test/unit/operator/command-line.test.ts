import { expect } from "chai";
import { ACCOUNT } from "../../../src/operator/account-program.js";
import { ASSET } from "../../../src/operator/asset-program.js";
import { type Parsed, parse, table, WrongUsage } from "../../../src/operator/command-line.js";

describe("the command line of operators", () => {
  const understood = (...args: string[]) => parse(ACCOUNT, args) as Parsed;
  const misunderstood = (...args: string[]) => {
    try {
      parse(args[0] === "halt" ? ASSET : ACCOUNT, args);
    } catch (error) {
      expect(error).to.be.instanceOf(WrongUsage);
      return (error as Error).message;
    }
    throw new Error(`${args.join(" ")} was understood`);
  };

  it("takes words and options in any order", () => {
    const { command, words, options, isJson } = understood("key", "--role", "read", "alice", "--json");
    expect(command.usage).to.match(/^key /);
    expect([words, options, isJson]).to.deep.equal([["alice"], { role: "read" }, true]);
  });

  it("shows help for all, with examples, and for one command", () => {
    for (const args of [[], ["help"], ["--help"], ["-h"]])
      expect(parse(ACCOUNT, args)).to.match(
        /deposit <account> <amount> <currency>[\s\S]*npm run account -- create alice/,
      );
    expect(parse(ACCOUNT, ["help", "revoke"])).to.match(/^npm run account -- revoke <key>.*\n.*sessions end/);
    expect(parse(ACCOUNT, ["suspend", "--help"])).to.match(/^npm run account -- suspend/);
  });

  const mistakes: [string, string[], RegExp][] = [
    ["an unknown command", ["fly", "x"], /^there is no command fly; npm run account -- help lists them all$/],
    ["a letter too many", ["susspend", "x"], /^there is no command susspend, did you mean suspend\?/],
    ["two letters in each other's place", ["craete", "x"], /did you mean create\?/],
    ["an unknown option", ["list", "--colour", "red"], /^Unknown option '--colour'; npm run account -- help shows/],
    [
      "an option of another command",
      ["revoke", "k", "--role", "read"],
      /^revoke knows no --role; it is npm run account/,
    ],
    ["a missing word", ["deposit", "alice", "5"], /^it is npm run account -- deposit <account> <amount> <currency>/],
    ["a word too many", ["create", "alice", "bob"], /^it is npm run account -- create <account>/],
    ["no reason where one is needed", ["revoke", "k"], /^revoke needs --why/],
    ["an empty reason", ["halt", "BTC-USD", "--why", " "], /^halt needs --why/],
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
