import { expect } from "chai";
import type { ReportJson } from "../../../src/shared/subscriber/own-orders.js";
import { isExpected, isReport } from "../../../tools/script/judge.js";
import { parseExpect } from "../../../tools/script/parse-expect.js";
import {
  loginOf,
  orderOf,
  referenceOf,
  targetOf,
  withOrderId,
  withValues,
} from "../../../tools/script/protocol-line.js";

/** Whether a response is what the words after EXPECT say; no words: nothing was said. */
function answers(answer: string, words: string): boolean {
  const expected = words === "" ? null : parseExpect(words.split(" "));
  if (typeof expected === "string" || (expected !== null && expected.kind !== "response")) throw new Error(words);
  return isExpected(answer, expected?.response ?? null);
}

function tells(report: object, words: string, orderId = 7): boolean {
  const expected = parseExpect(words.split(" "));
  if (typeof expected === "string" || expected.kind !== "report") throw new Error(words);
  return isReport({ asset: "BTC-USD", orderId: 7, ...report } as ReportJson, expected.report, {
    asset: "BTC-USD",
    orderId,
  });
}

describe("what a script expects", () => {
  it("is judged by a response's first words", () => {
    const refused = "REJ 205 INVALID_PRICE off the tick";
    expect([answers("ACK 5 BTC-USD", ""), answers("OK PING", ""), answers(refused, "")]).to.deep.equal([
      true,
      true,
      false,
    ]);
    expect([answers("ACK 5 BTC-USD", "ACK"), answers(refused, "ACK"), answers("OK PING", "ACK")]).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect(["REJ", "REJ 205", "REJ invalid_price", "ANY"].map((words) => answers(refused, words))).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    expect(["REJ 204", "REJ INVALID", "OK"].map((words) => answers(refused, words))).to.deep.equal([
      false,
      false,
      false,
    ]);
    expect([
      answers("OK TIMER 1", "OK TIMER"),
      answers("OK TIMER 10", "OK TIMER 1"),
      answers("OK PING", "OK"),
    ]).to.deep.equal([true, false, true]);
  });

  it("is judged by a report's event or state, and by its fields, numbers by their value", () => {
    const trade = {
      event: "trade",
      status: "filled",
      lastPrice: "64000.00",
      lastQuantity: "0.2",
      reason: "a: because",
    };
    for (const words of ["TRADE", "FILLED", "TRADE 0.2 @ 64000", "TRADE 0.200 @ 64000.0", "FILLED reason=a"])
      expect(tells(trade, words), words).to.equal(true);
    for (const words of [
      "TRADE 0.21 @ 64000",
      "TRADE 0.2 @ 6400",
      "PARTIALLY_FILLED",
      "FILLED reason=b",
      "TRADE fee=1",
    ])
      expect(tells(trade, words), words).to.equal(false);
    expect(tells(trade, "TRADE", 8)).to.equal(false);
    // A refused cancel of a cancelled order cancels nothing.
    expect(tells({ event: "cancel_rejected", status: "canceled" }, "CANCELED")).to.equal(false);
  });
});

describe("a line of a script", () => {
  it("may name an order by how many came after it", () => {
    expect(referenceOf("CANCEL BTC-USD -2")).to.deep.equal({ asset: "BTC-USD", ordersBack: 2 });
    expect(referenceOf("replace BTC-USD -1 0.5 64000")).to.deep.equal({ asset: "BTC-USD", ordersBack: 1 });
    for (const line of ["BUY BTC-USD -1 5", "CANCEL BTC-USD 1", "CANCEL BTC-USD -0", "CANCELALL BTC-USD -1"])
      expect(referenceOf(line), line).to.equal(null);
    expect(withOrderId("REPLACE BTC-USD -1 0.5 64000", 256)).to.equal("REPLACE BTC-USD 256 0.5 64000");
    expect(withOrderId("CANCEL BTC-USD -12", 256)).to.equal("CANCEL BTC-USD 256");
  });

  it("may have values of this run and of now", () => {
    expect(withValues("BUY A 1 2 id=a-{run} tif=GTD expires=+1.5s", "r1", 0)).to.equal(
      "BUY A 1 2 id=a-r1 tif=GTD expires=1970-01-01T00:00:01.500Z",
    );
    expect(withValues("BUY A 1 2 expires=+soon", "r1", 0)).to.equal("BUY A 1 2 expires=+soon");
  });

  it("is about the order that it places or names", () => {
    expect(orderOf("BUY BTC-USD 1 2", "ACK 256 BTC-USD id=a")).to.deep.equal({ asset: "BTC-USD", orderId: 256 });
    expect([orderOf("CANCEL BTC-USD 1", "ACK 512 BTC-USD"), orderOf("BUY BTC-USD 1 2", "REJ 205 X y")]).to.deep.equal([
      null,
      null,
    ]);
    expect(targetOf("CANCEL BTC-USD 256")).to.deep.equal({ asset: "BTC-USD", orderId: 256 });
    expect(targetOf("CANCEL BTC-USD id=a")).to.deep.equal({ asset: "BTC-USD", clientOrderId: "a" });
    expect(targetOf("REPLACE BTC-USD 256 1 2 id=b")).to.deep.equal({ asset: "BTC-USD", orderId: 256 });
    expect(targetOf("CANCELALL BTC-USD")).to.equal(null);
    expect([loginOf("login a b cod=1"), loginOf("LOGIN a")]).to.deep.equal([{ keyId: "a", secret: "b" }, null]);
  });
});
