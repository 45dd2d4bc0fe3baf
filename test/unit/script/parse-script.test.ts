import { expect } from "chai";
import { parseScript } from "../../../tools/script/parse-script.js";
import type { Step } from "../../../tools/script/script.js";

const parse = (...lines: string[]): readonly Step[] => parseScript("a.txt", lines.join("\n")).steps;
/** Without places: `send PING`, `repeat 3 (send PING)`. */
const told = (steps: readonly Step[]): string[] =>
  steps.map((step) => {
    if (step.kind === "send")
      return `send ${step.line}${step.expected === null ? "" : ` → ${step.expected.response.kind}`}`;
    if (step.kind === "repeat") return `repeat ${step.times} (${told(step.steps).join("; ")})`;
    if (step.kind === "report") return `report ${step.report.word} in ${step.withinMs}`;
    if (step.kind === "as") return `as ${step.keyId} ${step.secret}`;
    if (step.kind === "sleep") return `sleep ${step.ms}`;
    return step.kind === "rate" ? `rate ${step.perSecond}` : `closed in ${step.withinMs}`;
  });
const problem = (...lines: string[]): string => {
  try {
    parse(...lines);
  } catch (error) {
    return (error as Error).message;
  }
  return "it was understood";
};

describe("a tester's script", () => {
  it("is lines of the protocol as they are, but for empty ones and comments", () => {
    expect(told(parse("# what", "", "LOGIN a b\r", "  buy  BTC-USD 0.5 64000", "NONSENSE"))).to.deep.equal([
      "send LOGIN a b",
      "send buy  BTC-USD 0.5 64000",
      "send NONSENSE",
    ]);
  });

  it("may be what README.md pipes into netcat", () => {
    const line = String.raw`printf 'LOGIN a b\nSELL BTC-USD 0.5 64000\nQUIT\n' | nc 127.0.0.1 7001`;
    expect(told(parse(line))).to.deep.equal(["send LOGIN a b", "send SELL BTC-USD 0.5 64000", "send QUIT"]);
  });

  it("has words of its own, in any case", () => {
    expect(told(parse("AS ann", "as bob word", "SLEEP 0.5s", "sleep 20ms", "RATE 100/s", "RATE off"))).to.deep.equal([
      "as ann ann",
      "as bob word",
      "sleep 500",
      "sleep 20",
      "rate 100",
      "rate null",
    ]);
  });

  it("repeats a line, the next line, or a block", () => {
    expect(told(parse("REPEAT 2 PING", "REPEAT 3", "TIME"))).to.deep.equal([
      "repeat 2 (send PING)",
      "repeat 3 (send TIME)",
    ]);
    expect(told(parse("REPEAT 2 {", "PING", "REPEAT 3 {", "TIME", "}", "}", "QUIT"))).to.deep.equal([
      "repeat 2 (send PING; repeat 3 (send TIME))",
      "send QUIT",
    ]);
  });

  it("says of the response to the line before what it expects, and waits for reports", () => {
    const steps = parse(
      "PING",
      "EXPECT OK PING",
      "REPEAT 2",
      "BUY a",
      "EXPECT FILLED 2s",
      "EXPECT ACK",
      "EXPECT CLOSED 1s",
    );
    expect(told(steps)).to.deep.equal([
      "send PING → ok",
      "repeat 2 (send BUY a → ack)",
      "report FILLED in 2000",
      "closed in 1000",
    ]);
  });

  it("names in a report's expectation the trade, fields, an older order, and a time", () => {
    const [step] = parse("EXPECT NO TRADE 0.2 @ 64000 reason=a:b -3 250ms");
    expect(step).to.deep.include({
      kind: "report",
      withinMs: 250,
      report: {
        isNone: true,
        word: "TRADE",
        fields: [
          ["lastQuantity", "0.2"],
          ["lastPrice", "64000"],
          ["reason", "a:b"],
        ],
        ordersBack: 3,
      },
    });
  });

  it("is refused with the place and what would be right", () => {
    const wrong: [string[], RegExp][] = [
      [["PING", "EXPECT FILED"], /^a\.txt:2: EXPECT FILED: it is not known; known are ACK, .*FILLED/],
      [["EXPECT ACK"], /^a\.txt:1: EXPECT ACK: there is no line before it/],
      [["PING", "AS ann", "EXPECT OK"], /^a\.txt:3: EXPECT OK: there is no line before it/],
      [["PING", "EXPECT OK", "EXPECT ACK"], /^a\.txt:3: .* line 2 says something already/],
      [["EXPECT TRADE 0.2 64000"], /such as EXPECT TRADE 0\.2 @ 64000/],
      [["EXPECT FILLED leaves=1"], /leaves= is no field of a report; there are .*leavesQuantity/],
      [["EXPECT FILLED soon"], /EXPECT FILLED soon: what can stand there is .*2s/],
      [["PING", "EXPECT ACK 256"], /nothing comes after ACK/],
      [["EXPECT NO ACK"], /EXPECT NO is followed by one of ACCEPTED/],
      [["EXPECT CLOSED now"], /such as EXPECT CLOSED 2s/],
      [["PING", "EXPECT REJ 2051"], /such as EXPECT REJ 205/],
      [["SLEEP 5"], /SLEEP 5: it is SLEEP 500ms, or SLEEP 2s/],
      [["RATE 100"], /RATE 100: it is RATE 100\/s/],
      [["RATE 0/s"], /it is RATE 100\/s/],
      [["AS"], /it is AS <key-id>/],
      [["REPEAT many"], /REPEAT many: how often is a whole number/],
      [["REPEAT 0 PING"], /whole number from 1/],
      [["REPEAT 2"], /REPEAT 2 has nothing to repeat/],
      [["REPEAT 2 {", "PING"], /^a\.txt:1: REPEAT 2 \{ has no \}/],
      [["}"], /\} ends nothing/],
    ];
    for (const [lines, message] of wrong) expect(problem(...lines)).to.match(message);
    for (const [lines] of wrong) expect(problem(...lines)).not.to.include("\n");
  });
});
