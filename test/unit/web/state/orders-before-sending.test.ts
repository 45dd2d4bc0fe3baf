import { expect } from "chai";
import { assetOf } from "../../../../src/shared/subscriber/asset.js";
import { BookSide } from "../../../../src/shared/subscriber/book-side.js";
import { type AssetTerms, type Circumstances, costOf, partOfBalance } from "../../../../web/state/order-cost.js";
import { bodyOf, type Draft, EMPTY_DRAFT, fieldsOf, missingIn, orderWords } from "../../../../web/state/order-draft.js";

const BTC = assetOf({ asset: "BTC-USD", base: "BTC", quote: "USD", tickSize: "0.01", lotSize: "0.0001" });
const TERMS: AssetTerms = {
  asset: "BTC-USD",
  makerFeeBps: 10,
  takerFeeBps: 20,
  priceCollarPercent: 10,
  referencePrice: "64000",
  quoteDecimals: 6,
  baseDecimals: 8,
};
const draft = (change: Partial<Draft>): Draft => ({ ...EMPTY_DRAFT, ...change });

describe("an order that is being written", () => {
  const cases: readonly (readonly [what: string, change: Partial<Draft>, body: object])[] = [
    ["limit", { quantity: " 0.5 ", price: "64000" }, { type: "limit", quantity: "0.5", price: "64000" }],
    ["market by quantity", { kind: "market", quantity: "1", price: "5" }, { type: "market", quantity: "1" }],
    [
      "market by amount",
      { kind: "market", by: "amount", quoteBudget: "100", quantity: "1", minimumQuantity: "1" },
      { type: "market", quoteBudget: "100" },
    ],
    [
      "a market sell, which has no amount",
      { kind: "market", by: "amount", side: "sell", quantity: "1", quoteBudget: "9" },
      { side: "sell", type: "market", quantity: "1" },
    ],
    [
      "stop",
      { kind: "stop_market", quantity: "1", stopPrice: "60000" },
      { type: "stop_market", quantity: "1", stopPrice: "60000" },
    ],
    [
      "stop-limit, iceberg, post-only",
      { kind: "stop_limit", quantity: "1", price: "2", stopPrice: "3", displayQuantity: "0.1", postOnly: true },
      { type: "stop_limit", quantity: "1", price: "2", stopPrice: "3", displayQuantity: "0.1", postOnly: true },
    ],
    [
      "until a time",
      {
        quantity: "1",
        price: "2",
        timeInForce: "GTD",
        expiresAt: "2026-02-01T10:00Z",
        selfTradePrevention: "decrement",
      },
      {
        ...{ type: "limit", quantity: "1", price: "2", timeInForce: "GTD" },
        ...{ expiresAtMs: Date.UTC(2026, 1, 1, 10), selfTradePrevention: "decrement" },
      },
    ],
    [
      "a time in force that its kind has not",
      { kind: "market", quantity: "1", timeInForce: "GTC" },
      { type: "market", quantity: "1" },
    ],
  ];
  for (const [what, change, body] of cases)
    it(`becomes a request with what it has, and nothing else: ${what}`, () => {
      const common = { asset: "BTC-USD", side: "buy", clientOrderId: "mine" };
      expect(bodyOf(draft(change), "BTC-USD", "mine")).to.deep.equal({ ...common, ...body });
    });

  it("is not asked about while a field is empty that it must have", () => {
    expect(missingIn(draft({ kind: "stop_limit", price: "1" }))).to.deep.equal(["quantity", "stopPrice"]);
    expect(missingIn(draft({ kind: "market", by: "amount" }))).to.deep.equal(["quoteBudget"]);
    expect([...fieldsOf(draft({ kind: "market" }))]).to.have.members([
      "quantity",
      "timeInForce",
      "selfTradePrevention",
      "minimumQuantity",
    ]);
  });

  it("is told in words", () => {
    const words = (change: Partial<Draft>) => orderWords(draft(change), "BTC-USD", "USD");
    expect(words({ quantity: "0.5", price: "64000" })).to.equal("Buy 0.5 BTC-USD at 64000");
    expect(words({ kind: "market", by: "amount", quoteBudget: "100" })).to.equal(
      "Buy BTC-USD for 100 USD at the market's price",
    );
    expect(words({ side: "sell", kind: "stop_market", quantity: "1", stopPrice: "9" })).to.equal(
      "Sell 1 BTC-USD at the market's price, stop 9",
    );
  });
});

describe("what an order costs, before it is sent", () => {
  const around = (change: Partial<Circumstances> = {}): Circumstances => ({
    asset: BTC,
    terms: TERMS,
    book: null,
    lastPrice: "64000.00",
    available: { quote: "100000", base: "2.5" },
    ...change,
  });
  const cost = (change: Partial<Draft>, circumstances = around()) => costOf(draft(change), circumstances);

  it("is its worth and the highest fee, of which is held as much as the exchange holds", () => {
    expect(cost({ quantity: "0.5", price: "64000" })).to.deep.equal({
      lines: [
        "Worth 32,000 USD, fee at most 64 USD (0.2 % as taker, 0.1 % as maker)",
        "Holds 32,064 USD of 100,000 USD available",
      ],
      isCovered: true,
    });
    expect(cost({ side: "sell", quantity: "2.6", price: "64000" })?.lines.at(-1)).to.equal(
      "Not covered: it needs 2.6 BTC, and 2.5 BTC is available",
    );
    expect(cost({ kind: "market", by: "amount", quoteBudget: "100200" })?.lines).to.deep.equal([
      "Spends 100,200 USD, fee at most 200 USD (0.2 % as taker, 0.1 % as maker)",
      "Not covered: it needs 100,200 USD, and 100,000 USD is available",
    ]);
  });

  it("of a market order is up to its protective price, and says what the book would give now", () => {
    const book = new BookSide("asks");
    for (const [ticks, lots] of [
      [6_400_000, 5_000],
      [6_464_000, 5_000],
    ] as const)
      book.set(ticks, lots);
    const lines = cost({ kind: "market", quantity: "1" }, around({ book }))?.lines ?? [];
    expect(lines[0]).to.match(/^Worth 70,400 USD, fee at most 140\.8 USD/);
    expect(lines.at(-1)).to.equal("At about 64,320 on average now, 0.50 % from the best price");
    expect(cost({ kind: "market", quantity: "2" }, around({ book }))?.lines.at(-1)).to.match(
      /, and only 1 BTC rests there$/,
    );
    expect(cost({ kind: "market", quantity: "2" }, around({ book: new BookSide("asks") }))?.lines.at(-1)).to.equal(
      "Nothing rests to buy against",
    );
  });

  it("is not said of what is no number yet", () => {
    expect(cost({ quantity: "0.5" })).to.equal(null);
    expect(cost({ quantity: "x", price: "64000" })).to.equal(null);
    expect(cost({ side: "sell" })).to.equal(null);
  });

  const parts: readonly (readonly [change: Partial<Draft>, percent: number, text: string | null])[] = [
    [{ price: "64000" }, 100, "1.5593"],
    [{ price: "64000" }, 50, "0.7796"],
    [{ side: "sell" }, 50, "1.25"],
    [{ side: "sell", kind: "market" }, 25, "0.625"],
    [{ kind: "market", by: "amount" }, 25, "25000"],
    [{ kind: "market" }, 100, "1.4176"],
    [{ price: "" }, 100, null],
  ];
  for (const [change, percent, text] of parts)
    it(`makes ${percent} % of the balance ${text} where it is ${JSON.stringify(change)}`, () => {
      const part = partOfBalance(draft(change), around(), percent);
      expect(part?.text ?? null).to.equal(text);
      if (part !== null) expect(cost({ ...change, [part.field]: part.text })?.isCovered).to.equal(true);
    });

  it("counts amounts that a float can't hold", () => {
    const rich = around({ available: { quote: "9007199254740993.000001", base: "0" } });
    expect(cost({ quantity: "1", price: "1" }, rich)?.lines.at(-1)).to.equal(
      "Holds 1.002 USD of 9,007,199,254,740,993.000001 USD available",
    );
  });
});
