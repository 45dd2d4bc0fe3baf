import { expect } from "chai";
import fc from "fast-check";
import { TalkingEngine } from "../../support/talking-engine.js";

const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("BUY", "sell", "CANCEL", "REPLACE", "CANCELALL", "BOOK", "HASH", "TIME") },
  { weight: 8, arbitrary: fc.constantFrom("BTC-USD", "MKT", "-", "1", "2", "100", "100.01", "0.0001", "1e308", "-1") },
  { weight: 4, arbitrary: fc.constantFrom("9007199254740991", "9007199254740992", "18446744073709551615", "NaN") },
  { weight: 6, arbitrary: fc.constantFrom("tif=IOC", "tif=FOK", "tif=GTD", "post=1", "display=1", "min=1", "id=a") },
  {
    weight: 4,
    arbitrary: fc.constantFrom("stop=100", "stp=oldest", "stp=decrement", "quote=5", "account=x", "=", "id="),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("expires=1970-01-01T00:00:09Z", "1970-01-01T00:00:05Z", "9999-12-31T00:00:00Z"),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 8 }) },
);
const order = fc
  .tuple(
    fc.constantFrom("BUY", "SELL"),
    fc.constantFrom("1", "2", "3"),
    fc.constantFrom("99", "100", "101", "MKT"),
    word,
  )
  .map(([side, quantity, price, option]) => `${side} BTC-USD ${quantity} ${price} ${option}`);
const line = fc.oneof(
  order,
  fc.array(word, { maxLength: 8 }).map((words) => words.join(" ")),
);

describe("The engine alone, whatever it reads", () => {
  it("answers every line with whole JSON lines", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), (lines) => {
        const engine = new TalkingEngine({ asset: "BTC-USD", tickSize: "0.01", lotSize: "1", allowSelfTrade: true });
        for (const text of lines) {
          const output = engine.read(text);
          if (output === "") continue;
          expect(output.endsWith("\n")).to.equal(true);
          for (const json of output.slice(0, -1).split("\n")) expect(JSON.parse(json)).to.have.property("event");
        }
      }),
      { numRuns: 500 },
    );
  });
});
