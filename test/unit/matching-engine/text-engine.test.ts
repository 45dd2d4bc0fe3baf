import { expect } from "chai";
import { LINE_LENGTH_MAX } from "../../../src/matching-engine/text-engine.js";
import { TalkingEngine } from "../../support/talking-engine.js";

const OPTIONS = { asset: "BTC-USD", tickSize: "0.01", lotSize: "0.0001", allowSelfTrade: false };

type Json = Record<string, unknown>;

/** Reads lines; returns what each printed. */
function reading(options: Partial<typeof OPTIONS> = {}): (line: string) => Json[] {
  const engine = new TalkingEngine({ ...OPTIONS, ...options });
  return (line) =>
    engine
      .read(line)
      .split("\n")
      .filter((text) => text !== "")
      .map((text) => JSON.parse(text) as Json);
}

describe("The engine alone", () => {
  it("reports what became of an order, with its account and the line as its id", () => {
    const read = reading();
    expect(read("# a comment")).to.deep.equal([]);
    expect(read("  ")).to.deep.equal([]);
    read("HASH");
    expect(read("SELL BTC-USD 0.5 64000.10 account=mm id=a-1")).to.deep.equal([
      {
        account: "mm",
        asset: "BTC-USD",
        orderId: 2,
        clientOrderId: "a-1",
        event: "accepted",
        status: "open",
        side: "sell",
        type: "limit",
        timeInForce: "GTC",
        selfTradePrevention: "cancel_newest",
        price: "64000.10",
        quantity: "0.5",
        filledQuantity: "0",
        leavesQuantity: "0.5",
        receivedAtUs: 0,
        matchedAtUs: 0,
      },
    ]);
  });

  it("prints a fill once as a trade and once for each of its orders", () => {
    const read = reading();
    read("SELL BTC-USD 0.5 64000.1 account=mm");
    const [accepted, trade, maker, taker, ...rest] = read("buy BTC-USD 0.2 mkt");
    expect(accepted).to.include({ event: "accepted", account: "local" });
    expect(trade).to.deep.equal({
      event: "trade",
      tradeId: 1,
      price: "64000.10",
      quantity: "0.2",
      makerOrderId: 1,
      takerOrderId: 2,
      takerSide: "buy",
    });
    expect(maker).to.include({ event: "trade", account: "mm", orderId: 1, liquidity: "maker", leavesQuantity: "0.3" });
    expect(taker).to.include({ event: "trade", account: "local", orderId: 2, liquidity: "taker", status: "filled" });
    expect(rest).to.deep.equal([]);
  });

  it("shows the book, whole or its best levels, and sums above 2^53 exactly", () => {
    const read = reading({ lotSize: "1" });
    for (const price of ["2", "3", "3"]) read(`SELL BTC-USD 9007199254740991 ${price}`);
    read("BUY BTC-USD 1 1.5");
    expect(read("BOOK")).to.deep.equal([
      {
        event: "book",
        bids: [["1.50", "1"]],
        asks: [
          ["2.00", "9007199254740991"],
          ["3.00", "18014398509481982"],
        ],
      },
    ]);
    expect(read("book 1")[0]?.["asks"]).to.deep.equal([["2.00", "9007199254740991"]]);
  });

  it("finds orders by client order id, the account's own only, and knows a second use", () => {
    const read = reading();
    read("BUY BTC-USD 1 5 id=x account=ann");
    const second = read("BUY BTC-USD 1 6 id=x account=ann");
    expect(second[0]).to.include({ event: "rejected", reason: "duplicate_client_order_id: first used by order 1" });
    expect(read("CANCEL BTC-USD id=x account=bob")[0]).to.include({
      event: "cancel_rejected",
      reason: "unknown_client_order_id",
    });
    expect(read("REPLACE BTC-USD 1 1 5.5 id=y account=ann")[0]).to.include({ event: "replaced", clientOrderId: "y" });
    expect(read("CANCEL BTC-USD id=y account=ann")[0]).to.include({ event: "canceled", orderId: 1 });
    expect(read("CANCEL BTC-USD id=x account=ann")[0]).to.include({
      event: "cancel_rejected",
      reason: "unknown_order",
    });
  });

  it("has the clock that TIME sets, which never goes back", () => {
    const read = reading();
    read("TIME 2026-01-31T12:00:00Z");
    expect(read("BUY BTC-USD 1 5 tif=GTD expires=2026-01-31T11:00:00Z")[0]).to.include({ event: "refused", code: 209 });
    expect(read("BUY BTC-USD 1 5 tif=GTD expires=2026-01-31T12:00:01Z")[0]).to.include({ event: "accepted" });
    expect(read("TIME 2026-01-31T11:59:59Z")[0]).to.include({ event: "refused", code: 209 });
    expect(read("TIME 2026-01-31T12:00:01Z")[0]).to.include({
      event: "expired",
      orderId: 3,
      matchedAtUs: 1_769_860_801_000_000,
    });
    for (const text of ["TIME", "TIME noon", "TIME 9999-01-01T00:00:00Z", "TIME 2026-01-31T12:00:02Z x"])
      expect(read(text)[0], text).to.include({ event: "refused" });
  });

  it("spends a quote budget in the quote currency", () => {
    const read = reading();
    read("SELL BTC-USD 1 100 account=mm");
    const events = read("BUY BTC-USD - MKT quote=30.005");
    expect(events.find((event) => event["event"] === "trade")).to.include({ quantity: "0.3", price: "100.00" });
    const filled = { event: "trade", status: "filled", reason: "quote_budget_spent", filledQuantity: "0.3" };
    expect(events.at(-1)).to.include({ ...filled, leavesQuantity: "0" });
  });

  it("says of a finished order what became of it, when it is asked to cancel or replace it", () => {
    const read = reading();
    read("SELL BTC-USD 1 100 account=mm");
    read("BUY BTC-USD 1 100");
    const filled = { side: "buy", status: "filled", filledQuantity: "1", leavesQuantity: "0" };
    expect(read("CANCEL BTC-USD 2")[0]).to.include({ event: "cancel_rejected", reason: "unknown_order", ...filled });
    expect(read("REPLACE BTC-USD 2 2 100")[0]).to.include({ event: "replace_rejected", ...filled });
    read("BUY BTC-USD 1 50");
    read("CANCEL BTC-USD 5");
    expect(read("CANCEL BTC-USD 5")[0]).to.include({ event: "cancel_rejected", status: "canceled", quantity: "1" });
    expect(read("CANCEL BTC-USD 5 account=mm")[0]).not.to.have.any.keys("side", "quantity");
  });

  it("takes orders worth any amount", () => {
    const [event] = reading()("SELL BTC-USD 900719925474.0991 90071992547409.91");
    expect(event).to.include({ event: "accepted", quantity: "900719925474.0991", price: "90071992547409.91" });
  });

  it("allows self-trades only when it is told to", () => {
    expect(reading()("BUY BTC-USD 1 5 stp=none")[0]).to.include({ event: "refused", code: 207 });
    expect(reading({ allowSelfTrade: true })("BUY BTC-USD 1 5 stp=none")[0]).to.include({ event: "accepted" });
  });
});

describe("The engine alone refuses", () => {
  const cases: [string, number][] = [
    ["LOGIN me secret", 201],
    ["PING", 201],
    ["__proto__ BTC-USD", 201],
    ["BUY", 202],
    ["BUY ETH-USD 1 5", 202],
    ["BUY BTC-USD 0 5", 204],
    ["BUY BTC-USD 1 5.001", 205],
    ["BUY BTC-USD 1 5 id=ä", 200],
    ["BUY BTC-USD 1 5\0", 200],
    ["BUY\tBTC-USD 1 5", 200],
    ["x".repeat(LINE_LENGTH_MAX + 1), 200],
    ["BUY BTC-USD 1 5 account=", 200],
    [`BUY BTC-USD 1 5 account=${"x".repeat(65)}`, 200],
    ["BOOK 0", 200],
    ["BOOK 1 2", 207],
    ["HASH now", 207],
  ];
  for (const [line, code] of cases)
    it(`${JSON.stringify(line.slice(0, 40))} with ${code}, and is as it was`, () => {
      const read = reading();
      const [before] = read("HASH");
      const [refused, ...rest] = read(line);
      expect(refused).to.include({ event: "refused", line: 2, code });
      expect(refused?.["text"])
        .to.be.a("string")
        .and.match(/^[\x20-\x7e]+$/);
      expect(rest).to.deep.equal([]);
      expect(read("HASH")).to.deep.equal([before]);
    });
});
