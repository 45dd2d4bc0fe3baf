import { expect } from "chai";
import { emailIn } from "../../../../src/gateway/people/emails.js";

describe("e-mail addresses", () => {
  const cases: readonly [text: string, email: string | null][] = [
    ["ann@example.com", "ann@example.com"],
    [" Ann.B+tag@Mail.Example.COM ", "ann.b+tag@mail.example.com"],
    ["ann@localhost", "ann@localhost"],
    ["o'neil@example.com", "o'neil@example.com"],
    [`${"a".repeat(64)}@example.com`, `${"a".repeat(64)}@example.com`],
    [`${"a".repeat(65)}@example.com`, null],
    [`ann@${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(63)}`, null],
    ["", null],
    ["ann", null],
    ["@example.com", null],
    ["ann@", null],
    ["ann@@example.com", null],
    ["ann@-example.com", null],
    ["ann@example..com", null],
    ["ann@exam ple.com", null],
    ["ann@example.com,bob@example.com", null],
    ["Ann <ann@example.com>", null],
    ["ann@example.com\nBcc: bob@example.com", null],
    ["änn@example.com", null],
    ["\u212Aate@example.com", "kate@example.com"],
  ];
  for (const [text, email] of cases)
    it(`${JSON.stringify(text.slice(0, 40))} is ${email === null ? "none" : email.slice(0, 40)}`, () => {
      expect(emailIn(text)).to.equal(email);
    });
});
